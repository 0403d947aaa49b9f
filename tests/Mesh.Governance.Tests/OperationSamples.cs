using Mesh.Contracts.Experts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Signing;

namespace Mesh.Governance.Tests;

/// <summary>One operation of every kind.</summary>
public static class OperationSamples
{
    private static readonly ExpertId Unix = ExpertId.Parse("unix");

    public static readonly IReadOnlyDictionary<string, Operation> ByKind = new Dictionary<string, Operation>
    {
        ["suggest_text"] = new SuggestText("Ask more experts."),
        ["evaluate_routing"] = new EvaluateRouting(new EnsembleSettings { K = 2 }),
        ["set_ensemble"] = new SetEnsemble(new EnsembleSettings { K = 2, EvidenceDecay = 0.95, Mix = "geometric" }),
        ["set_gate"] = new SetGate(new string('b', 64)),
        ["quarantine_expert"] = new QuarantineExpert(Unix, "It drifts."),
        ["release_expert"] = new ReleaseExpert(Unix),
        ["admit_expert"] = new AdmitExpert(new ExpertSpec { Id = Unix, ModelPath = "/models/unix.gguf", Adapters = [new("/models/lora.gguf", 0.3f)] }),
        ["remove_expert"] = new RemoveExpert(Unix),
        ["set_phase"] = new SetPhase(2),
        ["add_member"] = new AddMember(People.Of(People.Key("hal"), Role.Approver)),
        ["revoke_member"] = new RevokeMember("gil"),
        ["set_roles"] = new SetRoles("gil", [Role.Deployer]),
        ["rotate_key"] = new RotateKey("ada", People.Key("ada", generation: 1).Verifier.Text),
        ["admit_node"] = new AdmitNode(People.Node("worker-2", NodeKind.Worker) with { Url = "http://worker-2:5000" }),
        ["remove_node"] = new RemoveNode("worker-1"),
        ["set_policy"] = new SetPolicy(new TierPolicy { MinorApprovals = 1, CanaryShare = 0.05 }),
        ["revoke_api_key"] = new RevokeApiKey("ann", "It was in a public log."),
        ["restore_api_key"] = new RestoreApiKey("ann"),
        ["set_rate_limit"] = new SetRateLimit(60, "ann"),
        ["lift_domain"] = new LiftDomain(Domain.Routing),
    };

    public static TheoryData<string> All => [.. ByKind.Keys];
}
