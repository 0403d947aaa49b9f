using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using Mesh.Ledger.Signing;
using Mesh.Tool.Tests.Governance;

namespace Mesh.Tool.Tests.Verbs.Governance;

public sealed class ProposeVerbTests : ServedTests
{
    [Fact]
    public async Task A_proposal_is_signed_with_the_members_key_and_known_by_its_hash()
    {
        var ran = await Cli.RunAsync("propose", "ensemble", "--k", "3", "--evidence-decay", "0.9", "--mix", "geometric", "--as", "eve", "--reason", "faster", "--deadline", "2d");
        Assert.True(ran.Code == 0, ran.Error);
        var proposal = Mesh.State.Proposals[ran.Line];
        Assert.Equal(("eve", "faster", 2 * 86_400L), (proposal.Act.Proposer, proposal.Act.Reason, proposal.Act.Deadline - proposal.Act.Created));
        Assert.Equal(new SetEnsemble(new EnsembleSettings { K = 3, EvidenceDecay = 0.9, Mix = "geometric" }), proposal.Act.Operation);
        Assert.Contains("routing.ensemble.k", ran.Error);
        Assert.Contains($"mesh show {ran.Line[..12]} --wait", ran.Error);
    }

    [Theory]
    [InlineData("quarantine", "scripture", "--why", "repeats itself")]
    [InlineData("admit-expert", "chemistry", "--model", "/models/c.gguf", "--adapter", "/models/a.gguf=0.5", "--threads", "2")]
    [InlineData("remove-expert", "scripture")]
    [InlineData("phase", "1")]
    [InlineData("evaluate", "--k", "2")]
    [InlineData("suggest", "Answer shortly.")]
    [InlineData("revoke-api-key", "ann", "--why", "it leaked")]
    [InlineData("rate-limit", "60", "--api-key", "ann")]
    public async Task Every_operation_of_a_deployer_is_a_subcommand(params string[] operation)
    {
        var hash = await ProposeAsync(operation);
        Assert.Equal(operation[0].Split('-')[0], Kind(Mesh.State.Proposals[hash].Act.Operation), ignoreCase: true);
    }

    [Fact]
    public async Task Operations_of_an_admin_are_typed_too()
    {
        var policy = Path.Combine(Mesh.Data, "policy.json");
        await File.WriteAllTextAsync(policy, """{"minor_approvals": 1}""");
        using var node = SigningKey.Create("worker-2");
        var key = node.Verifier.As(KeyKind.Cosignature).Text;
        string[][] operations = [["policy", policy], ["node", "add", "worker-2", "--key", key, "--kind", "worker", "--node-url", "http://10.0.0.9:8090"], ["node", "remove", "worker-1"]];
        foreach (var operation in operations)
        {
            var ran = await Cli.RunAsync(["propose", .. operation, "--as", "ada", "--reason", "because"]);
            Assert.True(ran.Code == 0, ran.Error);
            if (Mesh.State.Proposals[ran.Line].Act.Operation is SetPolicy set)
                Assert.Equal(Mesh.Genesis.Configuration.Policy with { MinorApprovals = 1 }, set.Policy);   // what is not named stays
        }
        var lift = await Cli.RunAsync("propose", "lift", "experts", "--as", "ada", "--reason", "because");
        Assert.Equal(ExitCode.Refused, lift.Code);
        Assert.Contains("not read-only", lift.Error);
    }

    [Fact]
    public async Task An_api_key_that_is_not_revoked_is_not_restored()
    {
        var ran = await Cli.RunAsync("propose", "restore-api-key", "ann", "--as", "eve", "--reason", "because");
        Assert.Equal(ExitCode.Refused, ran.Code);
        Assert.Contains("'ann' is not revoked", ran.Error);
    }

    [Fact]
    public async Task A_gate_file_is_uploaded_first_and_named_by_its_hash()
    {
        var file = Path.Combine(Mesh.Data, "gate.json");
        await File.WriteAllTextAsync(file, "{}");
        var hash = await ProposeAsync("gate", file);
        Assert.Equal("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", Assert.IsType<SetGate>(Mesh.State.Proposals[hash].Act.Operation).Hash);
        Assert.Equal(ExitCode.Usage, (await Cli.RunAsync("propose", "gate", "--as", "eve", "--reason", "x")).Code);
        Assert.Equal(ExitCode.Usage, (await Cli.RunAsync("propose", "gate", file + ".absent", "--as", "eve", "--reason", "x")).Code);
    }

    [Fact]
    public async Task A_signers_note_over_a_gate_file_goes_with_it()
    {
        var file = Path.Combine(Mesh.Data, "gate.json");
        await File.WriteAllTextAsync(file, "{}");
        var signed = await Cli.RunAsync("sign", file, "--as", "sam");
        var note = Path.Combine(Mesh.Data, "gate.note");
        await File.WriteAllTextAsync(note, signed.Output);
        var hash = await ProposeAsync("gate", file, "--signature", note);
        var gate = Assert.IsType<SetGate>(Mesh.State.Proposals[hash].Act.Operation);
        Assert.Equal("sam", ArtifactStatement.Verify(gate.Signature!, gate.Hash!, Mesh.State.Configuration!).Name);
    }

    [Fact]
    public async Task A_dry_run_needs_no_key_and_sends_nothing()
    {
        Server.Instead = request => request.Method is "POST" or "PUT" && !request.Path.Value!.EndsWith("dry-run") ? throw new Xunit.Sdk.XunitException($"{request.Path} was asked.") : null;
        Cli.Variables["MESH_KEYS"] = Path.Combine(Mesh.Data, "nowhere");
        var ran = await Cli.RunAsync("propose", "ensemble", "--k", "3", "--dry-run");
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Contains("routing.ensemble.k", ran.Output);
        Assert.Contains("deploy_minor", ran.Output);
        Assert.Contains("Every mixture", ran.Output);
        var json = await Cli.RunAsync("propose", "ensemble", "--k", "3", "--dry-run", "--json");
        Assert.Equal("deploy_minor", System.Text.Json.JsonElement.Parse(json.Output).GetProperty("tier").GetString());
        Assert.Equal(ExitCode.Refused, (await Cli.RunAsync("propose", "ensemble", "--k", "300", "--dry-run")).Code);
    }

    [Fact]
    public async Task What_the_mesh_would_refuse_is_not_signed()
    {
        var ran = await Cli.RunAsync("propose", "ensemble", "--k", "300", "--as", "eve", "--reason", "more");
        Assert.Equal((ExitCode.Refused, ""), (ran.Code, ran.Output));
        Assert.Contains("k is 300; it must be 1 to 16", ran.Error);
        Assert.Empty(Mesh.State.Proposals);
        var role = await Cli.RunAsync("propose", "ensemble", "--k", "3", "--as", "bob", "--reason", "more");
        Assert.Equal(ExitCode.Refused, role.Code);
        Assert.Contains("it takes the role deployer", role.Error);
        Assert.Contains("`mesh member list`", role.Error);
    }

    [Fact]
    public async Task A_reason_is_asked_for_in_a_terminal_and_required_elsewhere()
    {
        var asked = await Cli.RunAsync(["on call"], ["propose", "quarantine", "code", "--why", "slow", "--as", "eve", "--wait", "false"]);
        Assert.True(asked.Code == 0, asked.Error);
        Assert.Equal("on call", Mesh.State.Proposals[asked.Line].Act.Reason);
        Assert.Equal(ExitCode.Usage, (await Cli.RunAsync("propose", "quarantine", "code", "--why", "slow", "--as", "eve")).Code);
    }

    [Theory]
    [InlineData("propose", "ensemble", "--as", "eve", "--reason", "x")]
    [InlineData("propose", "ensemble", "--k", "many")]
    [InlineData("propose", "ensemble", "--gate", "magic")]
    [InlineData("propose", "ensemble", "--k", "3", "--deadline", "soon")]
    [InlineData("propose", "evaluate", "--as", "eve", "--reason", "x")]
    [InlineData("propose", "evaluate", "--hysteresis", "0.5", "--reason", "x")]
    [InlineData("propose", "evaluate", "--gate-file", "gate.json", "--reason", "x")]
    [InlineData("propose", "quarantine", "Not A Name", "--why", "x")]
    [InlineData("propose", "lift", "everything")]
    [InlineData("propose", "rate-limit", "often")]
    [InlineData("propose", "nonsense")]
    public async Task Wrong_arguments_are_usage(params string[] arguments) => Assert.Equal(ExitCode.Usage, (await Cli.RunAsync(arguments)).Code);

    private static string Kind(Operation operation) => operation switch
    {
        QuarantineExpert => "quarantine", AdmitExpert => "admit", RemoveExpert => "remove", SetPhase => "phase", EvaluateRouting => "evaluate", SuggestText => "suggest", RevokeApiKey => "revoke", SetRateLimit => "rate", _ => "",
    };
}
