using System.Diagnostics;
using System.Text.Json;
using Mesh.Bench.Hosting;
using Mesh.Bench.Running;
using Mesh.Governance.Http.Client;

namespace Mesh.Bench.Governance.Halts;

/// <summary>From a member's halt to the end of every stream.</summary>
internal sealed class HaltBench(LiveMesh mesh, People people)
{
    public const int Streams = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly List<double> _lastToken = [], _end = [], _answer = [], _nodes = [];

    /// <summary>Over all streams of all halts so far.</summary>
    public IReadOnlyList<double> Ends => _end;

    public static void Header(string about) => Console.WriteLine($"| {about}, ms | n | p50 | p99 | max |\n| --- | --- | --- | --- | --- |");

    /// <summary>Halts the mesh that many times while <see cref="Streams"/> clients read, and has it resumed each time.</summary>
    /// <param name="isDirect">Every node is told by the member's own program, and neither router nor governance hands it on.</param>
    public async Task RunAsync(int halts, bool isDirect)
    {
        for (var n = 0; n < halts; n++)
        {
            using var streams = new EndlessStreams(mesh.UrlOf("router"), Streams);
            await streams.RunningAsync();
            var order = people.Halt();
            var (start, startedAt) = (Stopwatch.GetTimestamp(), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
            if (isDirect)
                await TellAsync(order.Note.ToString(), start);
            else
                await AskAsync(order.Note, start, startedAt);
            await streams.EndedAsync();
            foreach (var (lastToken, end) in streams.Since(start))
            {
                _lastToken.Add(lastToken);
                _end.Add(end);
            }
            Progress.Say($"halt {n + 1} of {halts}{(isDirect ? ", direct" : "")}: the last stream ended after {_end.TakeLast(Streams).Max():0} ms, answer after {_answer[^1]:0} ms");
            // Its workflow asks the nodes whether they are halted: resumed before that, the next halt would meet it.
            await LiveMesh.EventuallyAsync(() => people.IsReportedAsync(order.Hash), "the halt's effect is reported");
            await people.ResumeAsync(order.Hash);
            await mesh.ExpertsReadyAsync();
        }
    }

    public void Print(string way)
    {
        Row($"{way}: last token read", _lastToken);
        Row($"{way}: `mesh_halted` read", _end);
        Row($"{way}: every node has it on disk", _nodes);
        Row($"{way}: answered", _answer);
    }

    private static void Row(string name, List<double> values) =>
        Console.WriteLine($"| {name} | {values.Count} | {values.Median():0.0} | {values.Percentile(0.99):0.0} | {values.Max():0.0} |");

    private async Task AskAsync(Mesh.Ledger.Signing.SignedNote note, long start, long startedAt)
    {
        using var content = People.Content(note);
        using var answer = await mesh.Router.PostAsync("/governance/halt", content);
        _answer.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        var body = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
            throw new BenchException($"The halt was refused: {body}");
        var acknowledged = JsonElement.Parse(body).GetProperty("acknowledged").EnumerateArray().Select(a => a.GetProperty("acknowledged").GetInt64()).ToArray();
        if (acknowledged.Length != LiveMesh.Nodes.Length)
            throw new BenchException($"{acknowledged.Length} of {LiveMesh.Nodes.Length} nodes acknowledged: {body}");
        _nodes.Add(acknowledged.Max() - startedAt);
    }

    private async Task TellAsync(string note, long start)
    {
        using var http = new HttpClient();
        var client = new NodeClient(http, Patience, TimeProvider.System);
        await Task.WhenAll(LiveMesh.Nodes.Select(async node =>
        {
            if (!(await client.HaltAsync(mesh.UrlOf(node), note, CancellationToken.None)).Halted)
                throw new BenchException($"{node} says that it is not halted.");
        }));
        _answer.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        _nodes.Add(_answer[^1]);
    }
}
