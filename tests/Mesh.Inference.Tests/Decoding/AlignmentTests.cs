using Mesh.Chorus.Phases;
using Mesh.Chorus.Windows;
using Mesh.Contracts.Steps;

namespace Mesh.Inference.Tests.Decoding;

public sealed class AlignmentTests
{
    /// <summary>One lane, so that all sessions meet in its windows.</summary>
    private static readonly InferenceOptions Shared = ArithmeticFixture.SharedCache with { ExpertsOnMachine = Environment.ProcessorCount };

    [Theory, InlineData(WindowPolicy.AllExpected, "all_expected"), InlineData(WindowPolicy.Phases, "phases")]
    public async Task An_expert_whose_batches_may_wait_says_where_it_is_in_its_cycle(WindowPolicy policy, string name)
    {
        var phases = new PhaseField(new() { IdlePeriods = 1e6 }, TimeProvider.System);
        await using (var expert = await Session.LoadAsync(TestModels.Arithmetic, Shared with { BatchWindow = policy, Phases = phases }))
        {
            Assert.Equal((name, null), (expert.Alignment!.Window, expert.Alignment.Phase));
            await Task.WhenAll(Enumerable.Range(0, 4).Select(async n =>
            {
                var session = new Session(expert);
                for (var token = 0; token < 20; token++)
                {
                    Assert.Equal(StepStatus.Ok, (await session.StepAsync(token, [n + token])).Status);
                    lock (phases)
                        phases.Advance();
                }
            }));
            lock (phases)
                phases.Advance();
            var alignment = expert.Alignment!;
            Assert.InRange(alignment.MeanBatch, 1.01, 4);
            Assert.InRange(alignment.Phase!.Value, 0, 1);
            Assert.True(alignment.PeriodMs > 0);
            Assert.Equal(1, alignment.Order!.Value, 1e-9);   // one alone is always in step
        }
        phases.Advance();
        Assert.Empty(phases.Current.Names);
    }

    [Fact]
    public async Task An_expert_that_begins_at_once_is_not_aligned()
    {
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic, Shared with { BatchWindow = WindowPolicy.AtOnce });
        Assert.Null(expert.Alignment);
    }

    [Fact]
    public async Task Nor_is_one_that_computes_each_session_alone()
    {
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic, new() { BatchWindow = WindowPolicy.Auto });
        Assert.Null(expert.Alignment);
    }

    [Fact]
    public async Task Windows_by_phase_need_phases() =>
        Assert.Contains("nobody turns the phases", (await Assert.ThrowsAsync<ModelLoadException>(() => Session.LoadAsync(TestModels.Arithmetic, Shared with { BatchWindow = WindowPolicy.Phases }))).Message);
}
