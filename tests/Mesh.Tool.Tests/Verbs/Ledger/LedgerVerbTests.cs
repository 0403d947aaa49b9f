using System.Text.Json;
using Mesh.Ledger.Proofs;
using Mesh.Tool.Tests.Governance;
using Microsoft.AspNetCore.Http;

namespace Mesh.Tool.Tests.Verbs.Ledger;

public sealed class LedgerVerbTests : ServedTests
{
    private string Folder => Path.Combine(Mesh.Data, "audit");

    [Fact]
    public async Task Entries_are_found_by_type_text_and_place()
    {
        var hash = await ProposeAsync();
        await Cli.RunAsync("approve", hash, "--as", "ada", "--reason", "Tried It");
        Assert.Equal([0, 1, 2], await FoundAsync());
        Assert.Equal([2], await FoundAsync("--type", "vote"));
        Assert.Equal([2], await FoundAsync("--text", "tried it"));
        Assert.Equal([1], await FoundAsync("--after", "0", "--limit", "1"));
        Assert.Empty(await FoundAsync("--type", "halt"));
        Assert.Contains("Tried It", (await Cli.RunAsync("ledger", "find")).Output);
    }

    [Fact]
    public async Task The_tail_follows_what_is_appended()
    {
        await ProposeAsync();
        Assert.Equal(1, JsonElement.Parse((await Cli.RunAsync("ledger", "tail", "-n", "1", "--json")).Output).GetProperty("index").GetInt64());
        using var stop = new CancellationTokenSource();
        var checkpoints = 0;
        Server.Instead = request =>
        {
            if (request.Path == "/ledger/checkpoint" && ++checkpoints == 2)
                ProposeAsync("quarantine", "code", "--why", "slow").Wait();
            if (checkpoints == 3)
                stop.Cancel();
            return null;
        };
        var ran = await Cli.RunAsync(null, ["ledger", "tail", "-f", "-n", "0"], stop.Token);
        Assert.Equal(ExitCode.Interrupted, ran.Code);
        Assert.Contains("quarantine_expert", ran.Output);
    }

    [Fact]
    public async Task A_proof_is_made_by_id_or_index_and_checked_with_files_alone()
    {
        var hash = await ProposeAsync();
        var (proof, entry) = (Path.Combine(Mesh.Data, "p.tlog-proof"), Path.Combine(Mesh.Data, "entry.json"));
        Assert.Equal(0, (await Cli.RunAsync("ledger", "proof", $"proposal/{hash}", "--out", proof, "--entry", entry)).Code);
        Assert.Equal(await File.ReadAllTextAsync(proof), (await Cli.RunAsync("ledger", "proof", "1")).Output);
        Assert.Equal(1, LedgerProof.Parse(await File.ReadAllTextAsync(proof)).Index);

        Cli.Variables["MESH_URL"] = "http://127.0.0.1:1";
        var genesis = Path.Combine(Mesh.Data, "governance", "genesis.json");
        var ran = await Cli.RunAsync("ledger", "proof", "--check", proof, "--entry", entry, "--genesis", genesis);
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Contains("entry 1 of 2 in the ledger of mesh/lab, cosigned by governance-1", ran.Output);

        var text = await File.ReadAllTextAsync(entry);
        await File.WriteAllTextAsync(entry, text.Replace("faster", "slower"));
        Assert.Contains("is not entry 1", await UnverifiedAsync("--check", proof, "--entry", entry));
        await File.WriteAllTextAsync(entry, text);
        await File.WriteAllTextAsync(proof, (await File.ReadAllTextAsync(proof)).Replace("index 1", "index 0"));
        await UnverifiedAsync("--check", proof, "--entry", entry);
        await File.WriteAllTextAsync(proof, "nothing");
        await UnverifiedAsync("--check", proof, "--entry", entry);
        Assert.Equal(ExitCode.Usage, (await Cli.RunAsync("ledger", "proof", "--check", proof)).Code);
        Assert.Equal(ExitCode.Usage, (await Cli.RunAsync("ledger", "proof", "--check", proof, "--entry", entry, "--genesis", entry)).Code);
    }

    [Fact]
    public async Task A_proof_that_too_few_witnesses_saw_does_not_hold()
    {
        Mesh.Cosign(witnesses: 1);
        var (proof, entry) = (Path.Combine(Mesh.Data, "p"), Path.Combine(Mesh.Data, "e"));
        await Cli.RunAsync("ledger", "proof", "0", "--out", proof, "--entry", entry);
        Assert.Contains("cosigned by 1 of 3 witnesses; 2 are needed", await UnverifiedAsync("--check", proof, "--entry", entry));
    }

    [Fact]
    public async Task An_entry_that_is_not_there_is_refused()
    {
        Assert.Equal(ExitCode.Refused, (await Cli.RunAsync("ledger", "proof", "9")).Code);
        Assert.Equal(ExitCode.Refused, (await Cli.RunAsync("ledger", "proof", "vote/none")).Code);
        Server.Instead = request => request.Path == "/ledger/checkpoint" ? Results.NotFound() : null;
        Assert.Equal(ExitCode.Unreachable, (await Cli.RunAsync("ledger", "tail")).Code);
    }

    [Fact]
    public async Task An_exported_folder_is_read_as_the_ledger_itself()
    {
        for (var i = 0; i < 3; i++)
            await ProposeAsync("quarantine", $"e{i}", "--why", "slow");
        Assert.Equal("4 entries", (await Cli.RunAsync("ledger", "export", Folder)).Line);
        Cli.Variables["MESH_URL"] = "http://127.0.0.1:1";
        Assert.Equal([0, 1, 2, 3], await FoundAsync("--from", Folder));
        Assert.Equal(0, (await Cli.RunAsync("ledger", "proof", "2", "--from", Folder)).Code);
        foreach (var file in new[] { "checkpoint", "genesis.json", "tile/0/000.p/4", "tile/entries/000.p/4" })
            Assert.True(File.Exists(Path.Combine(Folder, file)), file);
        Assert.Equal(ExitCode.Usage, (await Cli.RunAsync("ledger", "find", "--from", Folder + ".absent")).Code);
    }

    private async Task<IEnumerable<long>> FoundAsync(params string[] arguments)
    {
        var ran = await Cli.RunAsync(["ledger", "find", "--json", .. arguments]);
        Assert.True(ran.Code == 0, ran.Error);
        return JsonElement.Parse(ran.Output).EnumerateArray().Select(e => e.GetProperty("index").GetInt64());
    }

    private async Task<string> UnverifiedAsync(params string[] arguments)
    {
        var ran = await Cli.RunAsync(["ledger", "proof", .. arguments]);
        Assert.Equal((ExitCode.Unverified, ""), (ran.Code, ran.Output));
        return ran.Error;
    }
}
