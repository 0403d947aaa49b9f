using System.Text.Json;
using CsCheck;
using Mesh.Contracts.Experts;
using Mesh.Ensemble;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.Tiers;

namespace Mesh.Governance.Tests.Operations;

public sealed class ChangeTests
{
    private static readonly ExpertId Unix = ExpertId.Parse("unix"), Code = ExpertId.Parse("code");
    private static readonly MeshConfiguration Start = People.Configuration;

    [Fact]
    public void Settings_that_are_not_named_stay()
    {
        var one = Change.Of(new SetEnsemble(new EnsembleSettings { K = 2, Hysteresis = 0.1 }), Start);
        var two = Change.Of(new SetEnsemble(new EnsembleSettings { K = 3 }), one.After);
        Assert.Equal(new EnsembleSettings { K = 3, Hysteresis = 0.1 }, two.After.Routing.Ensemble);
        Assert.Equal(3, two.After.Version);
        Assert.Equal(one.After with { Version = 3, Routing = two.After.Routing }, two.After);
        var change = Assert.Single(two.Diff);
        Assert.Equal(("routing.ensemble.k", 2, 3), (change.Path, change.Before!.Value.GetInt32(), change.After!.Value.GetInt32()));
    }

    /// <summary>The ranges are those of the routers: what is accepted here, a router can run.</summary>
    [Fact]
    public void Ranges_are_those_of_the_token_loop() => Gen.Select(
        Gen.Int[-2, 20], Gen.Int[-2, 20], Gen.Double[-0.5, 1.5], Gen.Double[-1, 1e7], Gen.Double[0, 3], Gen.Select(Gen.Int[-1, 10].Select(ms => ms / 2.0), Gen.Double[-0.5, 1.5], Gen.Double[-1, 2], Gen.Int[-1, 3], Gen.Int[-1, 20])).Sample(
        (k, over, decay, weight, factor, rest) =>
        {
            var settings = new EnsembleSettings
            {
                K = k, OverSelection = over, EvidenceDecay = decay, EvidenceWeight = weight, DeadlineFactor = factor,
                MinimumDeadlineMs = rest.Item1, NegligibleWeight = rest.Item2, Hysteresis = rest.Item3, RefreshInterval = rest.Item4, Speculation = rest.Item5,
            };
            var options = new EnsembleOptions
            {
                K = k, OverSelection = over, EvidenceDecay = decay, EvidenceWeight = weight, DeadlineFactor = factor,
                MinimumDeadline = TimeSpan.FromMilliseconds(rest.Item1), NegligibleWeight = rest.Item2, Hysteresis = rest.Item3, RefreshInterval = rest.Item4, Speculation = rest.Item5,
            };
            return ConfigurationCheck.Faults(settings).Count == options.Faults().Count;
        });

    public static TheoryData<string, string> Wrong => new()
    {
        { """{"kind":"set_ensemble","ensemble":{}}""", "names no setting" },
        { """{"kind":"set_ensemble","ensemble":{"k":17}}""", "k is 17" },
        { """{"kind":"set_ensemble","ensemble":{"gate":"best"}}""", "uniform, evidence or learned" },
        { """{"kind":"set_ensemble","ensemble":{"evidence_decay":1}}""", "below 1" },
        { """{"kind":"evaluate_routing","ensemble":{}}""", "names no setting" },
        { """{"kind":"evaluate_routing","ensemble":{"evidence_decay":0.9}}""", "only k and gate" },
        { """{"kind":"evaluate_routing","ensemble":{"k":2,"hysteresis":0.5}}""", "only k and gate" },
        { """{"kind":"evaluate_routing","ensemble":{"over_selection":1}}""", "only k and gate" },
        { """{"kind":"evaluate_routing","ensemble":{"gate":"learned","mix":"geometric"}}""", "only k and gate" },
        { """{"kind":"set_gate"}""", "changes nothing" },
        { """{"kind":"set_gate","hash":"ABC"}""", "64 lower hex digits" },
        { """{"kind":"release_expert","expert":"unix"}""", "not in quarantine" },
        { """{"kind":"quarantine_expert","expert":"unix","why":""}""", "1 to 2000" },
        { """{"kind":"admit_expert","spec":{"id":"unix","model_path":"models/unix.gguf","adapters":[]}}""", "absolute path" },
        { """{"kind":"admit_expert","spec":{"id":"unix","model_path":"/m.gguf","adapters":[null]}}""", "adapters" },
        { """{"kind":"admit_expert","spec":{"id":"unix","model_path":"/m.gguf","threads":0,"adapters":[]}}""", "threads" },
        { """{"kind":"admit_expert","spec":{"id":"unix","model_path":"/m.gguf"}}""", "adapters" },
        { """{"kind":"set_phase","phase":4}""", "0 to 3" },
        { """{"kind":"revoke_member","name":"zoe"}""", "no member" },
        { """{"kind":"set_roles","name":"eve","roles":["signer","approver"]}""", "cannot be both approver and signer" },
        { """{"kind":"set_roles","name":"ben","roles":["signer","deployer"]}""", "cannot be both signer and deployer" },
        { """{"kind":"set_roles","name":"gil","roles":["oncall","oncall"]}""", "twice" },
        { """{"kind":"set_roles","name":"ada","roles":["approver"]}""", "nobody could ever change members" },
        { """{"kind":"revoke_member","name":"ada"}""", "nobody could ever change members" },
        { """{"kind":"rotate_key","name":"ada","key":"ada+00000000+AAAA"}""", "no verifier key" },
        { """{"kind":"remove_node","name":"worker-9"}""", "no node" },
        { """{"kind":"revoke_api_key","key":"a b","why":"x"}""", "name of an API key" },
        { """{"kind":"revoke_api_key","key":"ann","why":""}""", "1 to 2000" },
        { """{"kind":"restore_api_key","key":"ann"}""", "not revoked" },
        { """{"kind":"set_rate_limit","per_minute":100001}""", "1 to 100000" },
        { """{"kind":"set_rate_limit","per_minute":-1,"key":"ann"}""", "1 to 100000" },
        { """{"kind":"set_rate_limit","per_minute":0,"key":"ann"}""", "changes nothing" },
        { """{"kind":"lift_domain","domain":"none"}""", "no such domain" },
        { Liars(-1), "witness_liars is -1" },
        { Liars(Start.Nodes.Count - 1), "two less than there are nodes" },
        { """{"kind":"suggest_text","text":""}""", "1 to 20000" },
    };

    private static string Liars(int liars) => JsonSerializer.Serialize(new SetPolicy(Start.Policy with { WitnessLiars = liars }), GovernanceJson.Default.Operation);

    [Fact]
    public void A_quorum_grows_with_the_nodes_that_may_lie()
    {
        var nodes = Start with { Nodes = [.. Enumerable.Range(1, 5).Select(n => People.Node($"node-{n}", NodeKind.Worker))] };
        Assert.Equal((3, 5), (nodes.Witnesses.Quorum, nodes.Witnesses.Witnesses.Count));
        Assert.Equal([4, 4, 5], new[] { 1, 2, 3 }.Select(f => Change.Of(new SetPolicy(nodes.Policy with { WitnessLiars = f }), nodes).After.Witnesses.Quorum));
        var last = nodes with { Policy = nodes.Policy with { WitnessLiars = 3 } };
        Assert.Contains("witness_liars is 3", Assert.Throws<ActRefusedException>(() => Change.Of(new RemoveNode("node-5"), last)).Message);
    }

    [Theory, MemberData(nameof(Wrong))]
    public void What_cannot_be_is_refused_with_its_reason(string operation, string reason)
    {
        var refused = Assert.Throws<ActRefusedException>(() => Change.Of(JsonSerializer.Deserialize(operation, GovernanceJson.Default.Operation)!, Start));
        Assert.Equal(ActCode.Invalid, refused.Code);
        Assert.Contains(reason, refused.Message);
    }

    [Fact]
    public void One_key_is_one_person_and_one_name_is_one_key()
    {
        Refused(new AddMember(new("hal", People.Ada.Verifier.Text, [])), "no verifier key of that name");
        Refused(new AddMember(new("hal", new Mesh.Ledger.Signing.VerifierKey("hal", Mesh.Ledger.Signing.KeyKind.Note, People.Ada.Verifier.PublicKeyBytes).Text, [])), "one key");
        Refused(new AddMember(People.Of(People.Key("Ada"))), "one name");
        Refused(new AddMember(People.Of(People.Key("a/b"))), "A member's name");
        Refused(new AddMember(People.Of(People.Key("\u0430da"))), "A member's name");
        Refused(new AdmitNode(new("worker-2", People.Key("worker-2").Verifier.Text, NodeKind.Worker)), "cosignatures");
        Refused(new AdmitNode(People.Node("worker-2", NodeKind.Worker) with { Url = "file:///etc/passwd" }), "HTTP address");
        Refused(new RotateKey("ben", new Mesh.Ledger.Signing.VerifierKey("ben", Mesh.Ledger.Signing.KeyKind.Note, People.Ada.Verifier.PublicKeyBytes).Text), "one key");

        static void Refused(Operation operation, string reason) => Assert.Contains(reason, Assert.Throws<ActRefusedException>(() => Change.Of(operation, Start)).Message);
    }

    [Fact]
    public void A_halt_can_always_end()
    {
        var few = Start with { Members = [People.Of(People.Ada, Role.Approver, Role.Admin), People.Of(People.Ben, Role.Approver), People.Of(People.Fay, Role.Oncall)] };
        Assert.Contains("a halt could never end", Assert.Throws<ActRefusedException>(() => Change.Of(new RevokeMember("fay"), few)).Message);
    }

    [Fact]
    public void Experts_are_admitted_removed_quarantined_and_released()
    {
        var spec = new ExpertSpec { Id = Unix, ModelPath = "/models/unix.gguf" };
        var now = Start;
        Then(new RemoveExpert(Unix), [], [Unix], []);
        Then(new AdmitExpert(spec), [spec], [], []);
        Then(new QuarantineExpert(Unix, "It drifts."), [spec], [], [Unix]);
        Then(new QuarantineExpert(Code, "It too."), [spec], [], [Unix, Code]);
        Then(new ReleaseExpert(Unix), [spec], [], [Code]);
        Then(new AdmitExpert(spec with { Threads = 2 }), [spec with { Threads = 2 }], [], [Code]);
        Then(new RemoveExpert(Unix), [], [Unix], [Code]);

        void Then(Operation operation, ExpertSpec[] admitted, ExpertId[] removed, ExpertId[] quarantined)
        {
            now = Change.Of(operation, now).After;
            Assert.Equal(new ExpertSettings { Admitted = admitted, Removed = removed, Quarantined = quarantined }, now.Routing.Experts);
        }
    }

    [Fact]
    public void A_quarantine_holds_in_a_canary_too()
    {
        var trying = Start with { Canary = new(0.1, new('a', 64), Start.Routing with { Phase = 1 }) };
        var after = Change.Of(new QuarantineExpert(Unix, "It drifts."), trying).After;
        Assert.Equal([Unix], after.Canary!.Routing.Experts.Quarantined);
        Assert.Equal(1, after.Canary.Routing.Phase);
    }

    [Fact]
    public void A_gate_file_needs_a_signer_where_the_policy_says_so()
    {
        var hash = new string('b', 64);
        var strict = Start with { Policy = Start.Policy with { SignedArtifacts = true } };
        string By(Mesh.Ledger.Signing.SigningKey key, string of, string mesh = People.Mesh) => SignedAct.Sign(new ArtifactStatement(mesh, of), key).Note.ToString();
        Assert.Equal(hash, Change.Of(new SetGate(hash, By(People.Eve, hash)), strict).After.Routing.Gate);
        Assert.Equal(hash, Change.Of(new SetGate(hash), Start).After.Routing.Gate);
        Code(ActCode.Invalid, new SetGate(hash));
        Code(ActCode.WrongRole, new SetGate(hash, By(People.Dan, hash)));
        Code(ActCode.WrongSignature, new SetGate(hash, By(People.Key("eve", 1), hash)));
        Code(ActCode.Invalid, new SetGate(hash, By(People.Eve, new('c', 64))));
        Code(ActCode.Invalid, new SetGate(hash, By(People.Eve, hash, "other")));

        void Code(string code, Operation operation) => Assert.Equal(code, Assert.Throws<ActRefusedException>(() => Change.Of(operation, strict)).Code);
    }

    [Fact]
    public void A_configuration_fits_into_an_entry()
    {
        var now = Start;
        var refused = Assert.Throws<ActRefusedException>(() =>
        {
            for (var i = 0; i < 1000; i++)
                now = Change.Of(new AdmitExpert(new() { Id = ExpertId.Parse($"expert-{i}"), ModelPath = "/models/" + new string('x', 900), Description = "Knows." }), now).After;
        });
        Assert.Contains("bytes", refused.Message);
        Assert.True(JsonSerializer.SerializeToUtf8Bytes(now with { Canary = new(0.1, new('a', 64), now.Routing) }, GovernanceJson.Default.MeshConfiguration).Length < 60 * 1024);
    }

    [Fact]
    public void Differences_name_elements_of_lists()
    {
        Assert.Equal(["members.gil.roles.deployer"], Paths(new SetRoles("gil", [Role.Deployer])));
        Assert.Equal(["routing.experts.quarantined.unix"], Paths(new QuarantineExpert(Unix, "It drifts.")));
        Assert.Equal(["nodes.worker-1"], Paths(new RemoveNode("worker-1")));
        Assert.Equal(["policy.phase_thresholds"], Paths(new SetPolicy(Start.Policy with { PhaseThresholds = [1, 2, 3] })));
        Assert.Empty(Paths(new LiftDomain(Domain.Phase)));

        static IEnumerable<string> Paths(Operation operation) => Change.Of(operation, Start).Diff.Select(c => c.Path);
    }

    [Fact]
    public void The_blast_radius_names_experts_sessions_and_nodes()
    {
        var set = Change.Of(new SetEnsemble(new EnsembleSettings { K = 2 }), Start).BlastRadius;
        Assert.Equal((0, 1.0, 3), (set.Experts.Count, set.SessionsShare, set.Nodes));
        Assert.Contains("first 10.0 % of the sessions", set.Text);
        Assert.Equal(["unix"], Change.Of(new QuarantineExpert(Unix, "It drifts."), Start).BlastRadius.Experts);
        Assert.Equal(0, Change.Of(new RevokeMember("gil"), Start).BlastRadius.SessionsShare);
        Assert.Equal(0, Change.Of(new SuggestText("Look."), Start).BlastRadius.Nodes);
    }
}
