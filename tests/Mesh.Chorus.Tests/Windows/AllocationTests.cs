using Mesh.Chorus.Windows;

namespace Mesh.Chorus.Tests.Windows;

public sealed class AllocationTests
{
    [Theory, InlineData(WindowPolicy.Auto), InlineData(WindowPolicy.AllExpected)]
    public void Nothing_is_allocated(WindowPolicy policy)
    {
        var time = new ManualTime();
        var window = new BatchWindow(time, 8, policy);
        for (var round = 0; round < 2000; round++)
            Round();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 2000; round++)
            Round();   // over many epochs, trials and holds
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Round()
        {
            for (var seat = 0; seat < 4; seat++)
                window.Arrive(seat, time.GetTimestamp());
            window.Wait();
            window.BeginDecode(4);
            time.Pass(TimeSpan.FromMilliseconds(20));
            window.EndDecode();
            for (var seat = 0; seat < 4; seat++)
                window.Answer(seat);
            time.Pass(TimeSpan.FromMilliseconds(4));
        }
    }

    private sealed class ManualTime : TimeProvider
    {
        private DateTimeOffset _now = DateTimeOffset.UnixEpoch;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now.Ticks;

        public override DateTimeOffset GetUtcNow() => _now;

        public void Pass(TimeSpan time) => _now += time;
    }
}
