using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Mesh.Bench.Running;
using Mesh.Chorus.Quorums;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Log;
using Mesh.Ledger.Proofs;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Verification;

namespace Mesh.Bench.Governance.Sizes;

/// <summary>What a ledger costs as it grows: in memory, so that the tree is measured and not a store.</summary>
internal static class LedgerSizeBench
{
    private const int Witnesses = 4, Samples = 200, AtATime = 1024;
    private static readonly SigningKey Log = SigningKey.Create("mesh/bench");
    private static readonly SigningKey[] Keys = [.. Enumerable.Range(0, Witnesses).Select(n => SigningKey.Create($"node-{n}"))];
    private static readonly WitnessPolicy Policy = new(Keys.Select(k => k.Verifier), Quorum.Of(Witnesses));
    private static readonly LedgerLogOptions Options = new(Log, "node-0");

    private static readonly JsonElement Body = JsonElement.Parse($$"""{"note":"{{new string('x', 400)}}"}""");

    public static async Task RunAsync(int most)
    {
        Console.WriteLine("| ledger in memory, entries | append alone us | at once, entries/s | proof hashes | bytes | made us | verified us | opened s | all verified s | verified entries/s |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        // Compiled beforehand, not at the first size.
        var store = new MemoryLedgerStore();
        await using (var tried = await OpenAsync(store))
            await MeasureAsync(store, tried, 2000);
        store = new();
        await using var log = await OpenAsync(store);
        var (first, last) = (default(Row)!, default(Row)!);
        for (var size = 1000; size <= most; size *= 10)
        {
            last = await MeasureAsync(store, log, size);
            first ??= last;
            Console.WriteLine(
                $"| {size:n0} | {last.Append:0} | {last.PerSecond:0} | {last.Hashes:0.0} | {last.Bytes:0} | {last.Proof:0} | {last.Verify:0} | {last.Open:0.00} | {last.VerifyAll:0.00} | {size / last.VerifyAll:0} |");
        }
        Console.WriteLine($"| last against first | {last.Append / first.Append:0.00} | {last.PerSecond / first.PerSecond:0.00} | {last.Hashes / first.Hashes:0.00} | {(double)last.Bytes / first.Bytes:0.00} | {last.Proof / first.Proof:0.00} | {last.Verify / first.Verify:0.00} | {last.Open / first.Open:0} | {last.VerifyAll / first.VerifyAll:0} | |");
    }

    private sealed record Row(double Append, double PerSecond, double Hashes, double Bytes, double Proof, double Verify, double Open, double VerifyAll);

    private static Task<LedgerLog<long>> OpenAsync(MemoryLedgerStore store) => LedgerLog<long>.OpenAsync(store, Options, 0, (count, _) => count + 1, TimeProvider.System, CancellationToken.None);

    private static async Task<Row> MeasureAsync(MemoryLedgerStore store, LedgerLog<long> log, int size)
    {
        Progress.Say($"a ledger of {size:n0} entries: appending");
        var (start, before) = (Stopwatch.GetTimestamp(), log.Size);
        for (var at = before; at < size - Samples; at += AtATime)
            await Task.WhenAll(Enumerable.Range(0, (int)Math.Min(AtATime, size - Samples - at)).Select(n => log.AppendAsync(Draft(at + n), CancellationToken.None)));
        var perSecond = (size - Samples - before) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        var append = await MedianAsync(_ => log.AppendAsync(Draft(log.Size), CancellationToken.None));
        if (log.Size != size)
            throw new BenchException($"The ledger has {log.Size} entries instead of {size}.");

        var head = log.SignHead();
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        head = head.With([.. Keys.Select(k => Cosignature.Sign(k, head.Checkpoint, now))]);
        var random = new Random(size);
        var indexes = Enumerable.Range(0, Samples).Select(_ => (long)random.Next(size)).ToArray();
        var proofs = new LedgerProof[Samples];
        var proof = await MedianAsync(async n => proofs[n] = await log.ProveAsync(indexes[n], head, CancellationToken.None));
        var texts = proofs.Select(p => p.ToString()).ToArray();
        var entries = await Task.WhenAll(indexes.Select(i => log.ReadEntryAsync(i, CancellationToken.None)));
        var verify = await MedianAsync(n => LedgerProof.Parse(texts[n]).Proves(entries[n]!, Log.Verifier, Policy, out var reason) ? Task.CompletedTask : throw new BenchException(reason));

        Progress.Say($"a ledger of {size:n0} entries: opening, verifying");
        start = Stopwatch.GetTimestamp();
        await using (var opened = await OpenAsync(store))
            if (opened.State != size)
                throw new BenchException($"{opened.State} entries were read instead of {size}.");
        var open = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        var report = await new LedgerVerifier(log.Tiles, Log.Verifier, Policy).VerifyAsync(head);
        if (!report.IsGood || report.Entries != size)
            throw new BenchException($"Of {size} entries {report.Entries} were verified: {string.Join(' ', report.Findings)}");
        return new(append, perSecond, proofs.Average(p => p.Path.Count), texts.Average(t => Encoding.UTF8.GetByteCount(t)), proof, verify, open, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static EntryDraft Draft(long number) => new("note", $"note/{number}", Body);

    /// <summary>Microseconds.</summary>
    private static async Task<double> MedianAsync(Func<int, Task> act)
    {
        var times = new double[Samples];
        for (var n = 0; n < Samples; n++)
        {
            var start = Stopwatch.GetTimestamp();
            await act(n);
            times[n] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }
        return times.Median();
    }
}
