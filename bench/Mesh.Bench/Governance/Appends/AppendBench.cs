using System.Diagnostics;
using Dapr.Client;
using Mesh.Bench.Hosting;
using Mesh.Bench.Running;
using Mesh.Governance.Acts;

namespace Mesh.Bench.Governance.Appends;

/// <summary>From a member's act to the head that a majority of witnesses cosigned over its entry, against a plain write of the same store through the same sidecar.</summary>
internal sealed class AppendBench : IDisposable
{
    private const int Turns = 5, WarmUp = 20, Clients = 16;
    private static readonly int[] Concurrent = [1, 16, 64];
    private readonly People _people;
    private readonly Queue<SignedAct<Proposal>> _proposals;
    private readonly DaprClient _store;

    private AppendBench(People people, Queue<SignedAct<Proposal>> proposals, DaprClient store) => (_people, _proposals, _store) = (people, proposals, store);

    /// <summary>A mesh that starts or stops writes lines of its own in between.</summary>
    public static void Print(IEnumerable<string> rows)
    {
        Console.WriteLine();
        Console.WriteLine("| append, at a time | n | to committed p50 ms | p99 ms | appends/s | plain write p50 ms | writes/s | p50 ratio | rate ratio |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var row in rows)
            Console.WriteLine(row);
    }

    /// <summary>Proposals that are decided, one for each append: what their proposer then says of one is an entry that no workflow hears of.</summary>
    /// <param name="count">As of <see cref="RunAsync"/>.</param>
    /// <param name="frozen">As of <see cref="RunFrozenAsync"/>.</param>
    public static async Task<AppendBench> StartAsync(LiveMesh mesh, People people, int count, int frozen)
    {
        var proposals = Enumerable.Range(0, WarmUp + Concurrent.Sum(clients => Turns * Each(clients, count)) + frozen).Select(_ => people.Suggestion()).ToArray();
        await MeasureAsync(proposals.Length, Clients, async n =>
        {
            await people.ProposeAsync(proposals[n]);
            await people.VoteAsync(people.Vote(proposals[n], People.Cleo));
        });
        return new(people, new(proposals), new DaprClientBuilder().UseGrpcEndpoint(mesh.DaprGrpc.ToString()).UseHttpEndpoint(mesh.DaprHttp.ToString()).Build());
    }

    /// <summary>Appends and writes take turns.</summary>
    /// <param name="count">Of each, with one at a time; four times as many with more.</param>
    public async Task RunAsync(string name, int count, List<string> rows)
    {
        await MeasureAsync(WarmUp, 4, WriteAsync);
        await MeasureAsync(WarmUp, 4, Appends(WarmUp));
        var (before, left) = (await _people.LedgerSizeAsync(), _proposals.Count);
        foreach (var clients in Concurrent)
        {
            var (appends, writes) = (new Sample(), new Sample());
            var each = Each(clients, count);
            for (var turn = 0; turn < Turns; turn++)
            {
                writes.Add(await MeasureAsync(each, clients, WriteAsync));
                appends.Add(await MeasureAsync(each, clients, Appends(each)));
            }
            Progress.Say($"{name}, {clients} at a time: {appends.PerSecond:0} appends/s, {writes.PerSecond:0} writes/s");
            rows.Add(
                $"| {name}, {clients} | {appends.Times.Count} | {appends.Times.Median():0.0} | {appends.Times.Percentile(0.99):0.0} | {appends.PerSecond:0} | " +
                $"{writes.Times.Median():0.00} | {writes.PerSecond:0} | {appends.Times.Median() / writes.Times.Median():0.0} | {appends.PerSecond / writes.PerSecond:0.00} |");
        }
        await AppendedAsync(before, left);
    }

    private static int Each(int clients, int count) => Math.Max(clients, (clients == 1 ? count : 4 * count) / Turns);

    /// <exception cref="BenchException">Some act was no entry: what was measured is no append.</exception>
    private async Task AppendedAsync(long before, int left)
    {
        if (await _people.LedgerSizeAsync() - before is var appended && appended < left - _proposals.Count)
            throw new BenchException($"{left - _proposals.Count} acts made {appended} entries.");
    }

    /// <summary>With one witness of four that takes connections and answers nothing: the other three are the majority.</summary>
    public async Task RunFrozenAsync(string name, LiveMesh mesh, int count, List<string> rows)
    {
        const string Frozen = "worker-2";
        mesh.Freeze(Frozen);
        try
        {
            var sample = new Sample();
            var (before, left) = (await _people.LedgerSizeAsync(), _proposals.Count);
            sample.Add(await MeasureAsync(count, 1, Appends(count)));
            await AppendedAsync(before, left);
            Progress.Say($"{name}, one witness frozen: {sample.Times.Median():0} ms");
            rows.Add($"| {name}, 1, a witness frozen | {count} | {sample.Times.Median():0.0} | {sample.Times.Percentile(0.99):0.0} | {sample.PerSecond:0.0} | | | | |");
        }
        finally
        {
            mesh.Thaw(Frozen);
        }
    }

    public void Dispose() => _store.Dispose();

    /// <summary>Signed beforehand: that is the members' time.</summary>
    private Func<int, Task> Appends(int count)
    {
        var votes = Enumerable.Range(0, count).Select(_ => _people.Vote(_proposals.Dequeue(), People.Ada)).ToArray();
        return n => _people.VoteInVainAsync(votes[n]);
    }

    private Task WriteAsync(int number) => _store.SaveStateAsync("statestore", $"bench/{number}", new byte[1024]);

    private static async Task<(List<double> Times, TimeSpan Took)> MeasureAsync(int count, int clients, Func<int, Task> act)
    {
        var (times, next, began) = (new List<double>(count), -1, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            for (int n; (n = Interlocked.Increment(ref next)) < count;)
            {
                var start = Stopwatch.GetTimestamp();
                await act(n);
                var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                lock (times)
                    times.Add(took);
            }
        })));
        return (times, Stopwatch.GetElapsedTime(began));
    }

    private sealed class Sample
    {
        private TimeSpan _took;

        public List<double> Times { get; } = [];

        public double PerSecond => Times.Count / _took.TotalSeconds;

        public void Add((List<double> Times, TimeSpan Took) more)
        {
            Times.AddRange(more.Times);
            _took += more.Took;
        }
    }
}
