using Mesh.Chorus.Phases;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Chorus.Tests.Phases;

/// <summary>The real token loop beside the phases: no token waits for them, whatever becomes of them.</summary>
public sealed class TwoClocksTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1), Decode = TimeSpan.FromMilliseconds(100);
    private static readonly GenerationRequest Request = new() { Prompt = new[] { 3, 4, 5 }, EndTokens = new HashSet<int>(), MaxTokens = 800, Sampling = new() { Seed = 1 } };

    [Fact]
    public void Tokens_keep_their_pace_while_the_phases_are_held_still_for_a_minute()
    {
        var (from, to) = (TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(70));
        var bare = Times(null, out _);
        var (beside, held) = (Times((from, to), out var snapshots), new List<PhaseSnapshot>());
        Assert.Equal(bare, beside);   // every token at the very moment at which it comes without phases
        for (var i = 0; i < beside.Count; i++)
            if (beside[i] > from && beside[i] < to)
                held.Add(snapshots[i]);
        Assert.InRange(held.Count, 590, 600);
        Assert.Single(held.Distinct());
        Assert.InRange(held[0].Order.R, 0.95, 1);
        // Afterwards it is new again, without a step for every moment of the minute, and in step.
        var last = snapshots[^1];
        Assert.InRange(last.Steps - held[0].Steps, 1, (beside[^1] - to) / new PhaseOptions().Step + new PhaseOptions().MostSteps + 1);
        Assert.InRange(last.Order.R, 0.95, 1);
        Assert.Equal(Decode.TotalMilliseconds, last.Find("e0")!.Value.Period.TotalMilliseconds, 1);
    }

    [Fact]
    public async Task Tokens_come_while_the_phases_hang_in_a_step()
    {
        var clock = TimeProvider.System;
        var field = new PhaseField(new() { Step = TimeSpan.FromMilliseconds(1) }, clock);
        using var hanging = new Hanging();
        var loop = Loop(clock, field, (toy, _) => toy);
        using var phases = new PhaseLoop(field);
        field.Join("hangs", hanging);
        Assert.True(hanging.Entered.Wait(Deadline));
        var before = field.Current;
        using var end = new CancellationTokenSource(Deadline);
        var tokens = 0;
        await foreach (var _ in loop.RunAsync(Request, end.Token))
        {
            tokens++;
            Assert.Same(before, field.Current);
        }
        Assert.Equal(Request.MaxTokens, tokens);
        hanging.Go.Set();
        Assert.True(SpinWait.SpinUntil(() => field.Current.Steps > before.Steps, Deadline));
    }

    /// <summary>When each token comes, in virtual time, and the snapshot that is read with it.</summary>
    /// <param name="hold">Null: there are no phases at all.</param>
    private static List<TimeSpan> Times((TimeSpan From, TimeSpan To)? hold, out List<PhaseSnapshot> snapshots)
    {
        var (time, times, seen, isOver) = (new VirtualTime(1), new List<TimeSpan>(), new List<PhaseSnapshot>(), false);
        var field = new PhaseField(new(), time);
        time.Run(async () =>
        {
            var start = time.GetTimestamp();
            var loop = Loop(time, field, (toy, clock) => new DelayedExpert(toy, clock, _ => Decode));
            var phases = hold is null ? Task.CompletedTask : TurnAsync(start);
            await foreach (var _ in loop.RunAsync(Request))
            {
                times.Add(time.GetElapsedTime(start));
                seen.Add(field.Current);
            }
            isOver = true;
            await phases;
        });
        snapshots = seen;
        return times;

        async Task TurnAsync(long start)
        {
            while (!isOver)
            {
                var now = time.GetElapsedTime(start);
                if (now < hold!.Value.From || now >= hold.Value.To)
                    field.Advance();
                await Task.Delay(field.Options.Step, time);
            }
        }
    }

    /// <summary>The token loop over four experts that count their steps as members of the field.</summary>
    private static EnsembleTokenLoop Loop(TimeProvider clock, PhaseField field, Func<ToyExpert, TimeProvider, IExpertChannel> over)
    {
        var peers = Enumerable.Range(0, 4).Select(i =>
        {
            var (toy, counter) = (new ToyExpert(ExpertId.Parse($"e{i}"), new(24, i)), new CycleCounter(clock));
            field.Join(toy.Expert.Value, counter);
            return new ExpertPeer(toy.Card, new Counted(over(toy, clock), counter));
        });
        return new(new SimulatedPool(peers), new() { K = 4 }, clock, NullLogger<EnsembleTokenLoop>.Instance);
    }

    private sealed class Counted(IExpertChannel inner, CycleCounter counter) : IExpertChannel
    {
        public ExpertId Expert => inner.Expert;

        public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
        {
            counter.OnBegun();
            return inner.StepAsync(request, reply, cancellationToken);
        }

        public void Release(SessionId session) => inner.Release(session);
    }

    /// <summary>A counter whose reading does not come back until it may.</summary>
    private sealed class Hanging : ICycleCounter, IDisposable
    {
        public ManualResetEventSlim Entered { get; } = new();
        public ManualResetEventSlim Go { get; } = new();

        public CycleReading Read()
        {
            Entered.Set();
            Go.Wait(2 * Deadline);
            return default;
        }

        public void Dispose() => Go.Set();   // its thread may still be in it
    }
}
