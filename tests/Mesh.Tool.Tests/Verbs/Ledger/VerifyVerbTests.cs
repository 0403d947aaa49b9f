using System.Text;
using System.Text.Json;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Members;
using Mesh.Governance.State;
using Mesh.Ledger.Tiles;
using Mesh.Tool.Tests.Governance;
using Microsoft.AspNetCore.Http;

namespace Mesh.Tool.Tests.Verbs.Ledger;

public sealed class VerifyVerbTests : ServedTests
{
    private string Folder => Path.Combine(Mesh.Data, "audit");

    private string Bundle => Path.Combine(Folder, "tile", "entries", "000.p", "8");

    [Fact]
    public async Task A_ledger_that_is_whole_holds_and_leads_to_what_is_in_force()
    {
        await ChangeAsync();
        var ran = await Cli.RunAsync("ledger", "verify");
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Contains("It holds: 7 entries of mesh/lab", ran.Output);
        Assert.Contains("configuration 3, which is the one in force", ran.Output);
        var json = JsonElement.Parse((await Cli.RunAsync("ledger", "verify", "--json")).Output);
        Assert.Equal((7, 3, 3), (json.GetProperty("size").GetInt64(), json.GetProperty("configuration").GetInt64(), json.GetProperty("cosigned").GetArrayLength()));
    }

    [Fact]
    public async Task A_step_of_a_self_improvement_is_found_and_follows_the_rules()
    {
        var deployer = Mesh.State.Configuration!.Members.Single(m => m.Has(Role.Deployer)).Name;
        var step = new SelfStep(GovernedMesh.Name, deployer, new('a', 64), "observe", "The gate is uniform.", DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        await Mesh.AppendAsync(EntryTypes.Self, EntryIds.Self(step), new(SignedAct.Sign(step, Mesh.Key(deployer)).Note.ToString()), GovernanceJson.Default.NoteBody);
        var ran = await Cli.RunAsync("ledger", "verify");
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Contains("The gate is uniform.", (await Cli.RunAsync("ledger", "find", "--type", "self", "--json")).Output);
    }

    [Fact]
    public async Task Many_bundles_and_levels_of_tiles_hold()
    {
        var hash = await ProposeAsync();
        for (var i = 0; i < 299; i++)
            await Mesh.AppendAsync(EntryTypes.Report, EntryIds.Report(hash, $"{i}"), new("It goes on.", Proposal: hash), GovernanceJson.Default.ReportBody);
        var ran = await Cli.RunAsync("ledger", "verify");
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Equal(0, (await Cli.RunAsync("ledger", "export", Folder)).Code);
        Assert.True(File.Exists(Path.Combine(Folder, "tile/0/000")) && File.Exists(Path.Combine(Folder, "tile/1/000.p/1")));
        Assert.Contains("301 entries", (await Cli.RunAsync("ledger", "verify", "--from", Folder)).Output);
        await FlipAsync(Path.Combine(Folder, "tile/1/000.p/1"), 3);
        Assert.Contains("tile/1/000.p/1: hash 0 is not that of the entries 0 to 255", await BrokenAsync());
    }

    [Fact]
    public async Task The_first_entry_that_was_changed_is_named()
    {
        await ExportAsync();
        var bytes = await File.ReadAllBytesAsync(Bundle);
        var entries = EntryBundle.Parse(bytes).Entries.ToArray();
        entries[3] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(entries[3].Span).Replace("bob", "ada"));
        await File.WriteAllBytesAsync(Bundle, EntryBundle.Format(entries));
        Assert.Contains("Entry 3 was changed", await BrokenAsync());
        (entries[1], entries[2]) = (entries[2], entries[1]);
        await File.WriteAllBytesAsync(Bundle, EntryBundle.Format(entries));
        var both = await BrokenAsync();
        Assert.Contains("Entry 1 stands in the place of entry 2", both);
        Assert.Contains("Entry 3 was changed", both);
        await File.WriteAllBytesAsync(Bundle, bytes[..^1]);
        Assert.Contains("Entry 7 is missing", await BrokenAsync());
        File.Delete(Bundle);
        Assert.Contains("Entry 0 is missing", await BrokenAsync());
    }

    [Fact]
    public async Task A_tile_or_checkpoint_that_was_changed_is_named()
    {
        await ExportAsync();
        var (tile, checkpoint) = (Path.Combine(Folder, "tile/0/000.p/8"), Path.Combine(Folder, "checkpoint"));
        await FlipAsync(tile, 5 * 32);
        Assert.Contains("hash 5 is not that of entry 5", await BrokenAsync());
        await FlipAsync(tile, 5 * 32);
        var text = await File.ReadAllTextAsync(checkpoint);
        await File.WriteAllTextAsync(checkpoint, text.Replace("mesh/lab\n8\n", "mesh/lab\n7\n"));
        await BrokenAsync();
        var lines = text.Split('\n');
        await File.WriteAllTextAsync(checkpoint, text.Replace(lines[2], Convert.ToBase64String(new byte[32])));
        Assert.Contains("is not one that 'mesh/lab' signed", await BrokenAsync());
        await File.WriteAllTextAsync(checkpoint, string.Join('\n', lines[..^3]) + "\n");
        Assert.Contains("cosigned by 1 of 3 witnesses", await BrokenAsync());
        await File.WriteAllTextAsync(checkpoint, string.Join('\n', [.. lines[..4], .. lines[5..]]));
        Assert.Contains("is not one that 'mesh/lab' signed", await BrokenAsync());
    }

    /// <summary>A log that appends by other rules is found by whoever replays it, though every hash and signature holds.</summary>
    [Fact]
    public async Task An_entry_that_breaks_a_rule_is_named()
    {
        await ExportAsync();
        await using var lawless = await LawlessLedger.MakeAsync(Mesh, Folder);
        var fault = await BrokenAsync();
        Assert.Contains("Entry 8 (", fault);
        Assert.Contains("breaks a rule", fault);
    }

    [Fact]
    public async Task Another_genesis_is_another_mesh()
    {
        await ExportAsync();
        await using var other = await GovernedMesh.BeginAsync();
        var ran = await Cli.RunAsync("ledger", "verify", "--from", Folder, "--genesis", Path.Combine(other.Data, "governance", "genesis.json"));
        Assert.Equal(ExitCode.Unverified, ran.Code);
        Assert.Contains("the genesis that you named is another mesh's", ran.Error);
        Cli.Variables["Mesh__Data"] = Path.Combine(Mesh.Data, "nowhere");
        var trusting = await Cli.RunAsync("ledger", "verify", "--from", Folder);
        Assert.True(trusting.Code == 0, trusting.Error);
        Assert.Contains("first entry is believed", trusting.Error);
    }

    [Fact]
    public async Task A_configuration_that_does_not_follow_is_found()
    {
        Server.Instead = request => request.Path == "/governance/configuration"
            ? Results.Json(Mesh.State.Configuration! with { Routing = new() { Ensemble = new() { K = 9 } } }, GovernanceJson.Default.MeshConfiguration) : null;
        var ran = await Cli.RunAsync("ledger", "verify");
        Assert.Equal((ExitCode.Unverified, ""), (ran.Code, ran.Output));
        Assert.Contains("is not the one that was decided", ran.Error);
    }

    /// <summary>A minor change all the way: 7 entries.</summary>
    private async Task ChangeAsync()
    {
        var hash = await ProposeAsync();
        foreach (var member in new[] { "ada", "bob" })
            Assert.Equal(0, (await Cli.RunAsync("approve", hash, "--as", member)).Code);
        for (var step = 0; step < 3; step++)
            await Mesh.CarryOnAsync(hash);
    }

    private async Task ExportAsync()
    {
        await ChangeAsync();
        await ProposeAsync("quarantine", "code", "--why", "slow");
        Assert.Equal("8 entries", (await Cli.RunAsync("ledger", "export", Folder)).Line);
        Assert.Equal(0, (await Cli.RunAsync("ledger", "verify", "--from", Folder)).Code);
    }

    private async Task<string> BrokenAsync()
    {
        var ran = await Cli.RunAsync("ledger", "verify", "--from", Folder);
        Assert.Equal((ExitCode.Unverified, ""), (ran.Code, ran.Output));
        return ran.Error;
    }

    private static async Task FlipAsync(string file, int at)
    {
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
    }
}
