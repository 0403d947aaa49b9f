using Mesh.Inference.Decoding;
using Microsoft.Extensions.Time.Testing;

namespace Mesh.Inference.Tests.Decoding;

public sealed class StallTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void It_counts_while_nothing_moves_though_there_is_work()
    {
        var stall = new Stall(_time);
        Assert.Equal(0, After(100, (1, 0)));
        Assert.Equal(7, After(7, (1, 0)));
        Assert.Equal(12, After(5, (1, 0)));
        Assert.Equal(0, After(1, (2, 0)));
        Assert.Equal(0, After(1, (2, 1)));
        Assert.Equal(3, After(3, (2, 1)));
        Assert.Equal(0, After(50, (2, 1), isIdle: true));
        Assert.Equal(2, After(2, (2, 1)));

        double After(int seconds, (int, long) pulse, bool isIdle = false)
        {
            _time.Advance(TimeSpan.FromSeconds(seconds));
            return stall.Of(pulse, isIdle).TotalSeconds;
        }
    }

    [Fact]
    public void The_pulse_moves_while_llama_cpp_computes()
    {
        var flag = new AbortFlag();
        unsafe
        {
            Assert.Equal(0, AbortFlag.Callback(flag.Address));
            flag.Raise();
            Assert.Equal(1, AbortFlag.Callback(flag.Address));
        }
        Assert.Equal(2, flag.Pulse);
    }
}
