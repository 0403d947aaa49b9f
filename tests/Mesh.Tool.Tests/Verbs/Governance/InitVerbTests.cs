using Mesh.Chorus.Leases;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.Http.Nodes;
using Mesh.Governance.Members;
using Mesh.Ledger.Signing;
using Mesh.Testing;
using Mesh.Tool.Tests.Governance;

namespace Mesh.Tool.Tests.Verbs.Governance;

public sealed class InitVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CommandLine _cli;
    private readonly List<string> _arguments;

    public InitVerbTests()
    {
        _cli = new("http://127.0.0.1:1", _folder.Path);
        _arguments = ["init", "--mesh", "lab", "--out", Out, .. Member("ada", "admin,approver"), .. Member("bob", "approver,oncall"), .. Member("eve", "approver,deployer"), .. Node("router-1", "router@http://10.0.0.1:8080")];
    }

    private string Out => Path.Combine(_folder.Path, "made");

    [Fact]
    public async Task A_genesis_and_the_logs_key_are_made_once()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "policy.json"), """{"minor_approvals":1}""");
        var ran = await _cli.RunAsync([.. _arguments, "--policy", Path.Combine(_folder.Path, "policy.json")]);
        Assert.True(ran.Code == 0, ran.Error);
        var genesis = GenesisFile.Read(Path.Combine(Out, "genesis.json"))!;
        Assert.Equal(("lab", 1, "http://10.0.0.1:8080"), (genesis.Mesh, genesis.Configuration.Policy.MinorApprovals, Assert.Single(genesis.Configuration.Nodes).Url));
        Assert.Equal(["ada", "bob", "eve"], genesis.Configuration.Members.Select(m => m.Name));
        using var log = SigningKey.Load(Path.Combine(Out, "log.key"));
        Assert.Equal((genesis.Log, ran.Line), (log.Verifier.Text, log.Verifier.Text));
        var before = await File.ReadAllTextAsync(Path.Combine(Out, "log.key"));
        Assert.Equal(ExitCode.Usage, (await _cli.RunAsync([.. _arguments])).Code);
        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(Out, "log.key")));
    }

    [Fact]
    public async Task A_node_that_runs_is_asked_for_its_name_and_key()
    {
        using var key = SigningKey.Create("worker-1");
        var status = new NodeStatus("worker-1", key.Verifier.As(KeyKind.Cosignature).Text, NodeKind.Worker, null, LeaseState.None, 0, 0, false, [], 0, 0);
        await using var node = await StandInNode.StartAsync(() => status);
        var ran = await _cli.RunAsync([.. _arguments, "--node", node.Url]);
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Contains(status.Key, ran.Error);
        Assert.Equal(new MeshNode("worker-1", status.Key, NodeKind.Worker, node.Url), GenesisFile.Read(Path.Combine(Out, "genesis.json"))!.Configuration.Nodes[^1]);
        Directory.Delete(Out, recursive: true);
        status = status with { Mesh = "other" };
        Assert.Contains("a node of the mesh 'other' already", (await _cli.RunAsync([.. _arguments, "--node", node.Url])).Error);
        await node.DisposeAsync();
        Assert.Equal(ExitCode.Unreachable, (await _cli.RunAsync([.. _arguments, "--node", node.Url])).Code);
        Assert.False(Directory.Exists(Out));
    }

    [Theory]
    [InlineData("dan", "approver,signer", "cannot be both approver and signer")]
    [InlineData("dan", "signer,deployer", "cannot be both signer and deployer")]
    [InlineData("ADA", "oncall", "one name")]
    [InlineData("-x", "oncall", "A member's name is")]
    public async Task Members_that_cannot_be_are_refused(string name, string roles, string fault)
    {
        var ran = await _cli.RunAsync([.. _arguments, .. Member(name, roles)]);
        Assert.Equal(ExitCode.Usage, ran.Code);
        Assert.Contains(fault, ran.Error);
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public async Task Too_few_people_are_refused()
    {
        var alone = await _cli.RunAsync(["init", "--mesh", "lab", "--out", Out, .. Member("ada", "admin,approver,oncall,deployer"), .. Node("n", "router")]);
        Assert.Equal(ExitCode.Usage, alone.Code);
        foreach (var gap in new[] { "An admin and an approver beside them", "a halt could never end", "takes 2 approvers beside them, and there are 0" })
            Assert.Contains(gap, alone.Error);
    }

    [Fact]
    public async Task One_key_of_two_and_wrong_forms_are_refused()
    {
        var ada = _arguments[_arguments.IndexOf("--member") + 1];
        var twin = ada.Replace("ada=", "zoe=");
        Assert.Contains("no verifier key of that name", (await _cli.RunAsync([.. _arguments, "--member", twin])).Error);
        foreach (var wrong in new[] { "dan", "dan=key", "dan=:approver", "dan=x:king", "dan=x:0" })
            Assert.Equal(ExitCode.Usage, (await _cli.RunAsync([.. _arguments, "--member", wrong])).Code);
        foreach (var wrong in new[] { "n", "n=k:0", "n=k:teapot", "n=k:router@ftp://x" })
            Assert.Equal(ExitCode.Usage, (await _cli.RunAsync([.. _arguments, "--node", wrong])).Code);
        Assert.Contains("no verifier key of that name for cosignatures", (await _cli.RunAsync([.. _arguments, "--node", $"ada={Vkey("ada")}:worker"])).Error);
    }

    [Fact]
    public async Task A_members_key_is_made_for_its_owner_alone_and_never_overwritten()
    {
        var ran = await _cli.RunAsync("keys", "new", "dan");
        Assert.True(ran.Code == 0, ran.Error);
        var path = Path.Combine(_folder.Path, "governance", "members", "dan.key");
        using (var key = SigningKey.Load(path))
            Assert.Equal(key.Verifier, VerifierKey.Parse(ran.Line));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        var secret = (await File.ReadAllTextAsync(path)).Trim();
        Assert.DoesNotContain(secret.Split('+', 5)[^1], ran.Output + ran.Error);
        Assert.Equal(ExitCode.Usage, (await _cli.RunAsync("keys", "new", "dan")).Code);
        Assert.Equal(secret, (await File.ReadAllTextAsync(path)).Trim());
        Assert.Equal(ExitCode.Usage, (await _cli.RunAsync("keys", "new", "../dan")).Code);
        Assert.Equal(path, System.Text.Json.JsonElement.Parse((await _cli.RunAsync("keys", "new", "zoe", "--json")).Output).GetProperty("file").GetString()!.Replace("zoe", "dan"));
    }

    public void Dispose() => _folder.Dispose();

    private static string Vkey(string name)
    {
        using var key = SigningKey.Create(name);
        return key.Verifier.Text;
    }

    private static string[] Member(string name, string roles) => ["--member", $"{name}={Vkey(name)}:{roles}"];

    private static string[] Node(string name, string rest)
    {
        using var key = SigningKey.Create(name);
        return ["--node", $"{name}={key.Verifier.As(KeyKind.Cosignature).Text}:{rest}"];
    }
}
