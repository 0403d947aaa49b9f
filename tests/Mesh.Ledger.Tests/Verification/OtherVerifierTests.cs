using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Export;
using Mesh.Ledger.Proofs;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tests.Log;
using Mesh.Ledger.Tiles;
using Mesh.Testing.Npm;

namespace Mesh.Ledger.Tests.Verification;

/// <summary>docs/verify-ledger.mjs, which shares no line with us, says the same of every log and receipt.</summary>
public sealed class OtherVerifierTests(OtherVerifierTests.Node node) : IClassFixture<OtherVerifierTests.Node>
{
    private static readonly string[] Keys =
        ["--log", TestLog.Key.Verifier.Text, "--quorum", "2", .. LedgerFolder.Witnesses.SelectMany(w => (string[])["--witness", w.Verifier.As(KeyKind.Cosignature).Text])];

    public static TheoryData<string> Tamperings => [.. Tampering.All.Select(t => t.Name)];

    [SkippableTheory]
    [InlineData(0), InlineData(1), InlineData(256), InlineData(600), InlineData(66_000)]
    public async Task A_good_log_is_good(int size)
    {
        using var folder = LedgerFolder.Create(size);
        await node.RunAsync(0, $"All {size} entries are right.", [folder.Path, .. Keys]);
    }

    [SkippableTheory]
    [MemberData(nameof(Tamperings))]
    public async Task A_log_that_was_tampered_with_is_refused(string name)
    {
        var tampering = Tampering.All.Single(t => t.Name == name);
        using var folder = LedgerFolder.Create(Tampering.Size);
        tampering.Do(folder);
        await node.RunAsync(1, tampering.Tile ?? "", [folder.Path, .. Keys]);
    }

    [SkippableFact]
    public async Task A_receipt_is_verified_offline_and_a_changed_one_refused()
    {
        using var folder = LedgerFolder.Create(600);
        var (head, entries) = (folder.Head, folder.Entries());
        var tree = new TileTree(new FolderTiles(folder.Path), 600);
        foreach (var index in (int[])[0, 255, 256, 300, 512, 599])
        {
            var proof = new LedgerProof(index, await tree.ProveInclusionAsync(index, default), head);
            await CheckAsync(0, proof.ToString(), entries[index]);
            await CheckAsync(1, proof.ToString(), entries[(index + 1) % 600]);
            await CheckAsync(1, (proof with { Index = index ^ 1 }).ToString(), entries[index]);
            await CheckAsync(1, (proof with { Path = [.. proof.Path.Skip(1)] }).ToString(), entries[index]);
            await CheckAsync(1, (proof with { Path = [.. proof.Path, proof.Path[0]] }).ToString(), entries[index]);
        }
        var last = new LedgerProof(599, await tree.ProveInclusionAsync(599, default), SignedCheckpoint.Sign(head.Checkpoint, TestLog.Key));
        await CheckAsync(1, last.ToString(), entries[599]);
        await CheckAsync(1, "no receipt", entries[599]);

        async Task CheckAsync(int code, string proof, byte[] entry)
        {
            var (proofFile, entryFile) = (Path.Combine(folder.Path, "receipt"), Path.Combine(folder.Path, "entry"));
            await File.WriteAllTextAsync(proofFile, proof);
            await File.WriteAllBytesAsync(entryFile, entry);
            await node.RunAsync(code, code == 0 ? "The receipt is right." : "", ["-", .. Keys, "--proof", proofFile, "--entry", entryFile]);
            // We say the same.
            Assert.Equal(code == 0, Proves(proof, entry));
        }
    }

    [SkippableTheory]
    [InlineData, InlineData("folder"), InlineData("folder", "--log", "no-key"), InlineData("folder", "--unknown")]
    public Task Wrong_use_is_told(params string[] arguments) => node.RunAsync(2, "node verify-ledger.mjs <folder>", arguments);

    private static bool Proves(string proof, byte[] entry)
    {
        try
        {
            return LedgerProof.Parse(proof).Proves(LedgerEntry.Parse(entry), TestLog.Key.Verifier, LedgerFolder.Policy, out _);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>A Node.js, this machine's own or one of npm.</summary>
    public sealed class Node : IAsyncLifetime
    {
        private NpmPackages? _packages;
        private string? _missing;

        public async Task InitializeAsync() => (_packages, _missing) = await NpmPackages.FindAsync("""{"private":true}""");

        public async Task RunAsync(int code, string output, string[] arguments)
        {
            Skip.If(_missing is not null, _missing);
            var (exit, text) = await Programs.RunAsync(_packages!.Node, [Path.Combine(AppContext.BaseDirectory, "verify-ledger.mjs"), .. arguments], AppContext.BaseDirectory);
            Assert.True(exit == code, $"Exit code {exit}, not {code}: {text}");
            Assert.Contains(output, text);
        }

        public Task DisposeAsync() => Task.CompletedTask;
    }
}
