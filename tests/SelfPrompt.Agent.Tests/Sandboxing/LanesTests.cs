using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Tests.Sandboxing;

public sealed class LanesTests
{
    [Fact]
    public async Task Every_expert_is_worked_on_once_and_disjoint_subsets_at_the_same_time()
    {
        var seen = Sightings.Of(new SyntheticMesh()) with { Experts = [.. Enumerable.Range(0, 7).Select(i => new SeenExpert($"e{i}", "ready", null, i == 0 ? 0 : 100 * i))] };
        string[] experts = [.. seen.Experts.Select(e => e.Id)];
        var (together, most) = (0, 0);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var work = Lanes.EachAsync(experts, seen, async expert =>
        {
            most = Math.Max(most, Interlocked.Increment(ref together));
            if (together == 3)
                release.TrySetResult();   // never, were they one after the other
            await release.Task;
            Interlocked.Decrement(ref together);
            return expert;
        });
        Assert.Equal(experts, await work.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(3, most);
        Assert.Empty(await Lanes.EachAsync<int>([], seen, _ => throw new InvalidOperationException()));
    }
}
