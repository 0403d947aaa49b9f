using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Export;
using Mesh.Ledger.Log;
using Mesh.Ledger.Tests.Log;
using Mesh.Ledger.Tiles;
using Mesh.Ledger.Verification;
using Mesh.Testing;

namespace Mesh.Ledger.Tests.Verification;

public sealed class LedgerVerifierTests
{
    public static TheoryData<string> Tamperings => [.. Tampering.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Tamperings))]
    public async Task What_was_done_to_a_log_is_found_and_named(string name)
    {
        var tampering = Tampering.All.Single(t => t.Name == name);
        using var folder = LedgerFolder.Create(Tampering.Size);
        tampering.Do(folder);
        var report = await folder.VerifyAsync();
        Assert.False(report.IsGood);
        var finding = report.Findings.FirstOrDefault(f => f.Kind == tampering.Kind);
        Assert.True(finding is not null, string.Join('\n', report.Findings));
        Assert.True(tampering.Index is null || finding.Index == tampering.Index, $"{finding}");
        Assert.True(tampering.Tile is null || finding.Tile?.Path == tampering.Tile, $"{finding}");
        // Where a tile alone was changed no entry is blamed, and where an entry was, no tile.
        if (tampering.Tile?.StartsWith("tile/0/", StringComparison.Ordinal) == true)
            Assert.All(report.Findings, f => Assert.Equal(FindingKind.Tile, f.Kind));
        if (tampering.Kind is FindingKind.Changed or FindingKind.Swapped or FindingKind.Cut)
            Assert.DoesNotContain(report.Findings, f => f.Kind is FindingKind.Tile or FindingKind.Forked);
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(255), InlineData(256), InlineData(257), InlineData(600)]
    public async Task A_log_as_it_was_written_is_good(int size)
    {
        using var folder = LedgerFolder.Create(size);
        var report = await folder.VerifyAsync();
        Assert.True(report.IsGood, string.Join('\n', report.Findings));
        Assert.Equal(size, report.Entries);
    }

    /// <summary>Three levels of tiles; the progress of it is told.</summary>
    [Fact]
    public async Task A_log_of_66000_entries_is_good()
    {
        using var folder = LedgerFolder.Create(66_000);
        var progress = new Steps();
        var report = await new LedgerVerifier(new FolderTiles(folder.Path), TestLog.Key.Verifier, LedgerFolder.Policy).VerifyAsync(folder.Head, progress: progress);
        Assert.True(report.IsGood, string.Join('\n', report.Findings));
        Assert.Equal(66_000, progress.Last);
    }

    [Fact]
    public async Task Heads_that_someone_kept_tell_where_a_fork_is()
    {
        using var folder = LedgerFolder.Create(600);
        var entries = folder.Entries();
        SignedCheckpoint[] known = [.. ((int[])[500, 0, 280, 320]).Select(size => LedgerFolder.Sign(entries[..size]))];
        Assert.True((await folder.VerifyAsync(known)).IsGood);
        // A fork that the log signed itself.
        Tampering.All.Single(t => t.Kind == FindingKind.Forked).Do(folder);
        folder.Head = LedgerFolder.Sign(folder.Entries());
        var finding = (await folder.VerifyAsync(known)).Findings[0];
        Assert.Equal((FindingKind.Forked, 280L), (finding.Kind, finding.Index));
        Assert.Contains("280 to 319", finding.Message);
    }

    /// <summary>An old head, in itself all right, put in place of the newest one.</summary>
    [Fact]
    public async Task A_log_that_was_put_back_is_found_with_a_head_that_someone_kept()
    {
        using var folder = LedgerFolder.Create(100);
        var newer = LedgerFolder.Sign([.. folder.Entries(), LedgerFolder.Entry(100)]);
        Assert.True((await folder.VerifyAsync()).IsGood);
        var finding = Assert.Single((await folder.VerifyAsync(newer)).Findings);
        Assert.Equal((FindingKind.Cut, 100L), (finding.Kind, finding.Index));
    }

    /// <summary>A log that signs any size and has nothing ends the reading soon.</summary>
    [Fact]
    public async Task A_size_beyond_all_measure_does_not_keep_the_verifier()
    {
        using var folder = LedgerFolder.Create(1);
        var claim = folder.Head.Checkpoint with { Size = long.MaxValue };
        folder.Head = SignedCheckpoint.Sign(claim, TestLog.Key).With([.. LedgerFolder.Witnesses.Select(w => Cosignature.Sign(w, claim, 1))]);
        var report = await folder.VerifyAsync();
        Assert.True(report.HasMore);
        Assert.Equal(LedgerVerifier.MostFindings, report.Findings.Count);
    }

    /// <summary>What a log exports is what its entries make, byte by byte, and verifies; so does what its store serves.</summary>
    [Fact]
    public async Task An_export_of_a_log_is_good()
    {
        var store = new MemoryLedgerStore();
        await using var log = await TestLog.OpenAsync(store);
        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => log.AppendAsync(TestLog.Draft($"id/{i}"), default)));
        var checkpoint = log.SignHead().Checkpoint;
        var head = log.SignHead().With([.. LedgerFolder.Witnesses.Select(w => Cosignature.Sign(w, checkpoint, 7))]);
        await log.AppendAsync(TestLog.Draft("later"), default);
        using var export = new TemporaryFolder();
        await LedgerExport.WriteAsync(log.Tiles, head, export.Path, default);
        using var folder = LedgerFolder.Create([.. (await Task.WhenAll(Enumerable.Range(0, 300).Select(i => log.ReadEntryAsync(i, default)))).Select(e => e!.Bytes.ToArray())]);
        foreach (var tile in (Tile[])[.. Tile.AllIn(300, -1), .. Tile.AllIn(300, 0), .. Tile.AllIn(300, 1)])
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder.Path, tile.Path)), File.ReadAllBytes(Path.Combine(export.Path, tile.Path)));
        foreach (var source in (ITileSource[])[log.Tiles, new FolderTiles(export.Path)])
            Assert.True((await new LedgerVerifier(source, TestLog.Key.Verifier, LedgerFolder.Policy).VerifyAsync(head)).IsGood);
    }

    private sealed class Steps : IProgress<long>
    {
        public long Last { get; private set; }

        public void Report(long value) => Last = value > Last ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }
}
