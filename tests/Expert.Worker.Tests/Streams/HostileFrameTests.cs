using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Contracts.Streams;

namespace Expert.Worker.Tests.Streams;

public sealed class HostileFrameTests
{
    private const int Frames = 10_000;

    /// <summary>Ten thousand frames, some sound, most damaged, at a real model behind the real endpoint.</summary>
    [Fact]
    public async Task Ten_thousand_hostile_frames_close_streams_and_nothing_else()
    {
        var spec = Checkout.Spec("unix");
        await using var worker = await WorkerApp.StartAsync();
        var expert = await worker.LoadAsync(spec);
        Assert.Equal(ExpertState.Ready, expert.State);
        var random = new Random(20_26);
        var (sent, closed, answered) = (0, 0, 0);
        while (sent < Frames)
        {
            var body = new MemoryStream();
            for (var n = random.Next(1, 60); n > 0; n--, sent++)
                body.Write(Hostile(random));
            using var response = await worker.OpenAsync(worker.StreamUrl(spec.Id), worker.Ticket(spec.Id), new ByteArrayContent(body.ToArray()));
            var frames = await StreamEndpointTests.ReadAsync(response);
            closed += frames.Count(f => f.Error is not null);
            answered += frames.Count(f => f.Reply is not null);
            // Whatever was sent: an error is the last word of a stream.
            Assert.DoesNotContain(frames.SkipLast(1), f => f.Error is not null);
        }
        Assert.True(closed > 100 && answered > 100, $"{closed} streams closed, {answered} steps answered");

        var buffer = new FrameBuffer();
        buffer.Step(Steps.Request(99, 300, 301));
        using var sound = await worker.OpenAsync(worker.StreamUrl(spec.Id), worker.Ticket(spec.Id), new ByteArrayContent(buffer.Written.ToArray()));
        Assert.Equal(StepStatus.Ok, Assert.Single(await StreamEndpointTests.ReadAsync(sound)).Reply!.Status);
        Assert.Equal(ExpertState.Ready, expert.State);
    }

    private static byte[] Hostile(Random random)
    {
        var buffer = new FrameBuffer();
        if (random.Next(20) == 0)
            buffer.Release(new((ulong)random.Next(8)));
        else
            buffer.Step(Request(random));
        var bytes = buffer.Written.ToArray();
        switch (random.Next(60))
        {
            case < 2:
                random.NextBytes(bytes);
                break;
            case < 4:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                break;
            case 4:
                bytes = bytes[..random.Next(bytes.Length)];
                break;
            case 5:
                bytes = [.. bytes, .. bytes[..random.Next(bytes.Length)]];
                break;
            case 6:
                BitConverter.TryWriteBytes(bytes, random.Next(2) == 0 ? random.Next() : random.Next(64));
                break;
            case 7:
                bytes[4] = (byte)random.Next(256);
                break;
        }
        return bytes;
    }

    /// <summary>Well-formed, but seldom sensible: unknown tokens, positions nobody reached, sessions in each other's way.</summary>
    private static StepRequest Request(Random random)
    {
        var request = new StepRequest();
        request.Reset(new((ulong)random.Next(8)), (uint)random.Next(), random.Next(4) == 0 ? random.Next(StepLimits.Tokens) : random.Next(12));
        for (var n = random.Next(1, 12); n > 0; n--)
            request.Append(random.Next(8) == 0 ? random.Next(StepLimits.Vocabulary) : random.Next(4096));
        request.Drafts = random.Next(Math.Min(request.TokenCount, StepLimits.Drafts));
        request.Scores = random.Next(request.TokenCount + 1);
        request.Continuation = random.Next(4);
        (request.DraftTemperature, request.DraftKey) = (random.Next(3), (ulong)random.NextInt64());
        return request;
    }
}
