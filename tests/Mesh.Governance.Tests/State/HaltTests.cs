using Mesh.Contracts.Experts;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Ledger.Signing;
using static Mesh.Governance.Tests.People;

namespace Mesh.Governance.Tests.State;

public sealed class HaltTests
{
    private static readonly ExpertId Unix = ExpertId.Parse("unix");
    private readonly Chronicle _ledger = new();

    private MeshConfiguration Now => _ledger.State.Configuration!;

    private static SetEnsemble K(int k) => new(new EnsembleSettings { K = k });

    [Fact]
    public void One_on_call_halts_and_two_others_resume()
    {
        _ledger.Refused(ActCode.WrongRole, () => _ledger.Halt(Dan));
        _ledger.Refused(ActCode.UnknownMember, () => _ledger.Halt(Key("zoe")));
        _ledger.Refused(ActCode.WrongSignature, () => _ledger.Halt(Key("fay", generation: 1)));
        var halt = _ledger.Halt(Cam);
        Assert.True(_ledger.State.IsHalted);
        _ledger.Refused(ActCode.WrongSignature, () => _ledger.Resume([halt], Ada));
        _ledger.Refused(ActCode.WrongSignature, () => _ledger.Resume([halt], Ada, Ada));
        _ledger.Refused(ActCode.WrongSignature, () => _ledger.Resume([halt], Ada, Key("ben", generation: 1)));
        _ledger.Refused(ActCode.WrongRole, () => _ledger.Resume([halt], Ada, Dan));
        _ledger.Refused(ActCode.OwnProposal, () => _ledger.Resume([halt], Ada, Cam));
        _ledger.Refused(ActCode.NotFound, () => _ledger.Resume([new('0', 64)], Ada, Ben));
        _ledger.Resume([halt], Ada, Ben);
        Assert.False(_ledger.State.IsHalted);
        _ledger.Refused(ActCode.NotFound, () => _ledger.Resume([halt], Ada, Ben));
    }

    [Fact]
    public void A_halt_that_ended_cannot_be_handed_in_again()
    {
        var halt = _ledger.Halt(Fay);
        var entry = _ledger.Entries[^1];
        _ledger.Refused(ActCode.Conflict, () => _ledger.State.Reduce(entry));
        _ledger.Resume([halt], Ada, Ben);
        _ledger.Refused(ActCode.Conflict, () => _ledger.State.Reduce(entry));
    }

    [Fact]
    public void Two_halts_are_two_and_each_is_ended_by_others()
    {
        var (one, two) = (_ledger.Halt(Cam), _ledger.Halt(Ada));
        _ledger.Refused(ActCode.OwnProposal, () => _ledger.Resume([one, two], Ben, Ada, Cam));
        _ledger.Resume([one], Ada, Ben);
        Assert.True(_ledger.State.IsHalted);
        _ledger.Resume([two], Cam, Ben);
        Assert.False(_ledger.State.IsHalted);
        Assert.Equal(2, _ledger.State.EndedHalts.Count);
    }

    [Fact]
    public void Nothing_is_tried_or_promoted_while_halted()
    {
        var (tried, waiting, people) = (_ledger.Approve(Dan, K(2)), _ledger.Approve(Dan, K(3)), _ledger.Approve(Ada, new RevokeMember("gil")));
        _ledger.Configure(Stage.Canary, tried);
        var halt = _ledger.Halt(Fay);
        _ledger.Refused(ActCode.Halted, () => _ledger.Configure(Stage.Promoted, tried));
        _ledger.Refused(ActCode.Halted, () => _ledger.Configure(Stage.Canary, waiting));
        _ledger.Refused(ActCode.Halted, () => _ledger.Configure(Stage.Promoted, people));
        _ledger.Refused(ActCode.Halted, () => _ledger.Propose(Gil, OperationSamples.ByKind["evaluate_routing"]));
        _ledger.Refused(ActCode.TooEarly, () => _ledger.Resume([halt], Ada, Ben));
        _ledger.Configure(Stage.HaltUndo, halt);
        Assert.Null(Now.Canary);
        Assert.Equal(ProposalStatus.Undone, _ledger.State.Find(tried).Status);
        _ledger.Refused(ActCode.Halted, () => _ledger.Configure(Stage.Canary, waiting));
        _ledger.Resume([halt], Ada, Ben);
        _ledger.Configure(Stage.Canary, waiting);
        _ledger.Configure(Stage.Promoted, waiting);
        Assert.Equal(3, Now.Routing.Ensemble.K);
    }

    [Fact]
    public void The_last_three_changes_are_taken_back_exactly()
    {
        _ledger.Apply(Dan, new SetEnsemble(new EnsembleSettings { K = 2, Hysteresis = 0.2 }));
        var before = Now;
        string[] changes = [_ledger.Apply(Dan, K(3)), _ledger.Apply(Dan, new SetPhase(1)), _ledger.Apply(Dan, K(5))];
        var halt = _ledger.Halt(Fay);
        _ledger.Configure(Stage.HaltUndo, halt);
        Assert.Equal(before with { Version = Now.Version }, Now);
        Assert.All(changes, c => Assert.Equal(ProposalStatus.Undone, _ledger.State.Find(c).Status));
        Assert.Equal([null, halt, halt, halt], _ledger.State.History.Select(c => c.UndoneBy));
        _ledger.Refused(ActCode.Conflict, () => _ledger.Configure(Stage.HaltUndo, halt));
    }

    [Fact]
    public void A_second_halt_undoes_no_more_and_one_after_a_resume_goes_on_below()
    {
        _ledger.Apply(Dan, K(2));
        _ledger.Apply(Dan, K(3));
        _ledger.Apply(Dan, K(4));
        _ledger.Apply(Dan, K(5));
        var one = _ledger.Halt(Fay);
        _ledger.Configure(Stage.HaltUndo, one);
        var two = _ledger.Halt(Cam);
        _ledger.Refused(ActCode.Conflict, () => _ledger.Configure(Stage.HaltUndo, two));
        Assert.Equal(2, Now.Routing.Ensemble.K);
        _ledger.Resume([one, two], Ada, Ben);

        _ledger.Apply(Dan, K(6));
        var three = _ledger.Halt(Fay);
        _ledger.Configure(Stage.HaltUndo, three);
        Assert.Null(Now.Routing.Ensemble.K);
        _ledger.Resume([three], Ada, Ben);
        Assert.False(_ledger.State.IsUndoPending);
        var four = _ledger.Halt(Fay);
        _ledger.Refused(ActCode.Conflict, () => _ledger.Configure(Stage.HaltUndo, four));
        _ledger.Resume([four], Ada, Ben);
    }

    /// <summary>Else one member on call could bring back a key that all approvers revoked, or an expert that they took out.</summary>
    [Fact]
    public void Members_policy_and_quarantines_stay()
    {
        _ledger.Apply(Dan, K(2));
        _ledger.Apply(Ada, new RevokeMember("gil"));
        _ledger.Apply(Ada, new SetPolicy(Now.Policy with { CanaryShare = 0.2 }));
        _ledger.Apply(Fay, new QuarantineExpert(Unix, "It drifts."));
        _ledger.Apply(Dan, new AdmitExpert(new() { Id = ExpertId.Parse("code"), ModelPath = "/models/code.gguf" }));
        var halt = _ledger.Halt(Fay);
        _ledger.Configure(Stage.HaltUndo, halt);
        Assert.Null(Now.Find("gil"));
        Assert.Equal(0.2, Now.Policy.CanaryShare);
        Assert.Equal(new RoutingSettings { Experts = new() { Quarantined = [Unix] } }, Now.Routing);
    }

    [Fact]
    public void A_release_that_is_taken_back_is_a_quarantine_again()
    {
        _ledger.Apply(Fay, new QuarantineExpert(Unix, "It drifts."));
        _ledger.Apply(Dan, new ReleaseExpert(Unix));
        _ledger.Apply(Fay, new QuarantineExpert(ExpertId.Parse("code"), "It too."));
        _ledger.Configure(Stage.HaltUndo, _ledger.Halt(Fay));
        Assert.Equal(["unix", "code"], Now.Routing.Experts.Quarantined.Select(e => e.Value));
    }

    [Fact]
    public void A_halt_is_never_too_old_or_too_new()
    {
        var signed = SignedAct.Sign(new HaltOrder(People.Mesh, "fay", "Stop.", 1, "0123456789abcdef"), Fay);
        _ledger.Append(Drafts.Halt(signed));
        Assert.True(_ledger.State.IsHalted);
    }

    [Fact]
    public void Members_who_were_revoked_neither_halt_nor_resume()
    {
        _ledger.Apply(Ada, new RevokeMember("fay"));
        _ledger.Apply(Ada, new RotateKey("cam", Key("cam", generation: 1).Verifier.Text));
        _ledger.Refused(ActCode.UnknownMember, () => _ledger.Halt(Fay));
        _ledger.Refused(ActCode.WrongSignature, () => _ledger.Halt(Cam));
        var halt = _ledger.Halt(Key("cam", generation: 1));
        _ledger.Refused(ActCode.WrongSignature, () => _ledger.Resume([halt], Ada, Fay));
        _ledger.Resume([halt], Ada, Ben);
    }

    /// <summary>Or one member could open the mesh to a key that others closed it to.</summary>
    [Fact]
    public void A_halt_leaves_revoked_keys_and_limits()
    {
        _ledger.Apply(Fay, new RevokeApiKey("ann", "It leaked."));
        _ledger.Apply(Dan, K(3));
        _ledger.Apply(Fay, new SetRateLimit(60));
        var halt = _ledger.Halt(Cam);
        _ledger.Configure(Stage.HaltUndo, halt);
        Assert.Null(Now.Routing.Ensemble.K);
        Assert.True(Now.Security!.IsRevoked("ann"));
        Assert.Equal(60, Now.Security.RateLimitOf("ben"));
    }
}
