using Mesh.Governance.Acts;
using Mesh.Governance.State;
using Mesh.Ledger.Signing;
using static Mesh.Governance.Tests.People;

namespace Mesh.Governance.Tests.State;

public sealed class SelfTests
{
    private readonly Chronicle _ledger = new();

    private static string Run(int run) => $"{run:x16}";

    [Fact]
    public void A_step_is_recorded_and_changes_nothing_else()
    {
        var before = _ledger.State;
        Record("observe");
        Record("analyse", artifact: new('a', 64), proposal: new('b', 64));
        var state = _ledger.State;
        Assert.Equal("dan", state.SelfRuns[Run(1)].Member);
        Assert.Equal([1, 2], state.SelfRuns[Run(1)].Steps.Select(s => s.Index));
        Assert.Same(before.Configuration, state.Configuration);
        Assert.Equal((0, 0), (state.Proposals.Count, state.Unfinished.Count));
    }

    [Fact]
    public void It_takes_the_role_deployer_and_the_members_own_signature()
    {
        _ledger.Refused(ActCode.WrongRole, () => Record("observe", signer: Ada));
        _ledger.Refused(ActCode.WrongRole, () => Record("observe", signer: Gil));
        _ledger.Refused(ActCode.UnknownMember, () => Record("observe", signer: Key("zoe")));
        _ledger.Refused(ActCode.WrongSignature, () => Record("observe", signer: Key("dan", generation: 1)));
        _ledger.Refused(ActCode.WrongSignature, () => _ledger.Record(_ledger.Step(Dan, "observe"), Ben));
        _ledger.Refused(ActCode.Invalid, () => _ledger.Record(_ledger.Step(Dan, "observe") with { Mesh = "other" }, Dan));
        _ledger.Refused(ActCode.Invalid, () => _ledger.Record(_ledger.Step(Dan, "observe") with { Created = Chronicle.Start + 1000 }, Dan));
        _ledger.Refused(ActCode.Invalid, () => _ledger.Append(Drafts.Self(SignedAct.Sign(_ledger.Step(Dan, "observe"), Dan)) with { Id = $"self/{Run(2)}/observe" }));
    }

    [Theory]
    [InlineData("", "observe", "s"), InlineData("0123456789abcde", "observe", "s"), InlineData("0123456789abcdeF", "observe", "s"), InlineData("0123456789abcdef", "", "s")]
    [InlineData("0123456789abcdef", "a/b", "s"), InlineData("0123456789abcdef", "Observe", "s"), InlineData("0123456789abcdef", "observe", "")]
    public void What_is_no_step_is_not_made(string run, string step, string summary) =>
        Assert.Equal(ActCode.Invalid, Assert.Throws<ActRefusedException>(() => SignedAct.Sign(new SelfStep(People.Mesh, "dan", run, step, summary, 1), Dan)).Code);

    [Fact]
    public void A_step_is_in_bounds()
    {
        var step = _ledger.Step(Dan, new('a', SelfStep.MostStepCharacters)) with { Run = new('a', 64), Summary = new('s', 2000) };
        _ledger.Record(step, Dan);
        foreach (var wrong in new[] { step with { Step = step.Step + "a" }, step with { Run = step.Run + "a" }, step with { Summary = step.Summary + "s" }, step with { Created = 0 }, step with { Artifact = "a" }, step with { Proposal = "b" } })
            Assert.Equal(ActCode.Invalid, Assert.Throws<ActRefusedException>(() => SignedAct.Sign(wrong, Dan)).Code);
    }

    [Fact]
    public void It_is_recorded_while_the_mesh_is_halted()
    {
        _ledger.Halt(Cam);
        Record("halted");
        Assert.True(_ledger.State.IsHalted);
        Assert.Single(_ledger.State.SelfRuns);
    }

    [Fact]
    public void A_run_has_so_many_steps_and_one_member()
    {
        for (var i = 0; i < GovernanceState.MostSelfSteps; i++)
            Record($"step-{i}");
        _ledger.Refused(ActCode.TooLarge, () => Record("more"));
        Record("observe", run: 2);
        _ledger.Refused(ActCode.Conflict, () => Record("analyse", run: 2, signer: Ben));
    }

    /// <summary>The one that goes on is remembered, however early it began.</summary>
    [Fact]
    public void The_runs_that_went_on_last_are_remembered()
    {
        Record("observe");
        for (var run = 2; run <= GovernanceState.MostSelfRuns; run++)
            Record("observe", run);
        Record("analyse");
        Record("observe", GovernanceState.MostSelfRuns + 1);
        Assert.Equal(GovernanceState.MostSelfRuns, _ledger.State.SelfRuns.Count);
        Assert.Equal(2, _ledger.State.SelfRuns[Run(1)].Steps.Count);
        Assert.DoesNotContain(Run(2), _ledger.State.SelfRuns.Keys);
    }

    /// <summary>A run that waits for people is carried on by what is remembered of it.</summary>
    [Fact]
    public void Of_many_runs_those_that_ended_are_forgotten_first()
    {
        Record("begin");
        for (var run = 2; run <= GovernanceState.MostSelfRuns; run++)
        {
            Record("begin", run);
            Record(SelfStep.Last, run);
        }
        Record("begin", GovernanceState.MostSelfRuns + 1);
        Assert.Contains(Run(1), _ledger.State.SelfRuns.Keys);
        Assert.DoesNotContain(Run(2), _ledger.State.SelfRuns.Keys);
        Assert.Equal((false, true), (_ledger.State.SelfRuns[Run(1)].IsEnded, _ledger.State.SelfRuns[Run(3)].IsEnded));
    }

    private void Record(string step, int run = 1, SigningKey? signer = null, string? artifact = null, string? proposal = null) =>
        _ledger.Record(_ledger.Step(signer ?? Dan, step, run) with { Artifact = artifact, Proposal = proposal }, signer ?? Dan);
}
