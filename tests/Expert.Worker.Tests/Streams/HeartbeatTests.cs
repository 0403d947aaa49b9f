using System.IO.Pipelines;
using Expert.Worker.Streams;
using Mesh.Contracts.Streams;
using Microsoft.Extensions.Time.Testing;

namespace Expert.Worker.Tests.Streams;

/// <summary>A stream says every second that its expert lives, and stops saying so when the expert does not get on.</summary>
public sealed class HeartbeatTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task It_beats_while_the_expert_lives_and_only_then()
    {
        var (loader, time) = (new ScriptedLoader(), new FakeTimeProvider());
        await using var worker = await WorkerApp.StartAsync(loader);
        var expert = await worker.LoadAsync(Checkout.Spec("unix"));
        var (input, output) = (new Pipe(), new Pipe());
        var serving = new StepStream(expert, time).RunAsync(input.Reader.AsStream(), output.Writer.AsStream(), default);
        var frames = new FrameReader(output.Reader.AsStream());
        for (var beat = 0; beat < 3; beat++)
        {
            time.Advance(StreamContract.Heartbeat);
            Assert.Equal(FrameKind.Heartbeat, await NextAsync(frames));
        }
        loader.Stalled = TimeSpan.FromSeconds(11);
        time.Advance(5 * StreamContract.Heartbeat);
        var step = new FrameBuffer();
        step.Step(Steps.Request(1, 5));
        await input.Writer.WriteAsync(step.Written);
        Assert.Equal(FrameKind.Step, await NextAsync(frames));
        await input.Writer.CompleteAsync();
        Assert.Null(await serving.WaitAsync(Limit));
    }

    private static async Task<FrameKind> NextAsync(FrameReader frames)
    {
        using var limit = new CancellationTokenSource(Limit);
        Assert.True(await frames.ReadAsync(limit.Token));
        return frames.Kind;
    }
}
