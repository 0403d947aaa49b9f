using Mesh.Chorus.Phases;

namespace Mesh.Chorus.Tests.Phases;

public sealed class PhaseLoopTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    /// <summary>What a reader gets is of one moment: order and phases fit, whoever comes and goes meanwhile.</summary>
    [Fact]
    public async Task Snapshots_are_whole_while_they_are_written()
    {
        var field = new PhaseField(new() { Step = TimeSpan.FromMilliseconds(1), Noise = 1 }, TimeProvider.System);
        for (var i = 0; i < 32; i++)
            field.Join($"e{i}", new Metronome(TimeProvider.System, 10 + i * 0.1));
        using var loop = new PhaseLoop(field);
        using var end = new CancellationTokenSource(Deadline);
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() => Seen(field, end.Token))).ToArray();
        var counts = Task.WhenAll(readers);
        while (!counts.IsCompleted)
        {
            var guest = new Metronome(TimeProvider.System, 10);
            field.Join("guest", guest);
            await SeesAsync(isThere: true);
            field.Leave("guest", guest);
            await SeesAsync(isThere: false);
        }
        Assert.All(await counts, turning => Assert.True(turning > 0));

        async Task SeesAsync(bool isThere)
        {
            while (!counts.IsCompleted && field.Current.Find("guest") is not null != isThere)
                await Task.Yield();
        }
    }

    [Fact]
    public void Dispose_stops_it()
    {
        var field = new PhaseField(new() { Step = TimeSpan.FromMilliseconds(1) }, TimeProvider.System);
        var loop = new PhaseLoop(field);
        Assert.True(SpinWait.SpinUntil(() => field.Current.Steps > 0, Deadline));
        loop.Dispose();
        Assert.True(SpinWait.SpinUntil(() => !loop.IsRunning, Deadline));   // nobody is left who could publish
        loop.Dispose();
    }

    /// <summary>Looks at a hundred snapshots with members that turn.</summary>
    private static int Seen(PhaseField field, CancellationToken cancellationToken)
    {
        PhaseSnapshot? last = null;
        var seen = 0;
        while (seen < 100)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var snapshot = field.Current;
            if (snapshot == last)
                continue;
            Assert.True(last is null || (snapshot.Timestamp >= last.Timestamp && snapshot.Steps >= last.Steps));
            last = snapshot;
            var members = snapshot.Names.Select(name => snapshot.Find(name)!.Value).ToArray();
            var turning = members.Where(m => m.IsTurning).Select(m => m.Phase).ToArray();
            Assert.All(members, m => Assert.InRange(m.Phase, 0, 2 * Math.PI));
            Assert.Equal(OrderParameter.Of(turning).R, snapshot.Order.R, 1e-6);
            seen += turning.Length > 0 ? 1 : 0;
        }
        return seen;
    }
}
