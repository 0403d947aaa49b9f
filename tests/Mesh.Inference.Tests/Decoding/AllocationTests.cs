using Mesh.Contracts.Steps;

namespace Mesh.Inference.Tests.Decoding;

public sealed class AllocationTests
{
    [Fact]
    public async Task A_warm_step_allocates_nothing_on_the_decode_thread()
    {
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic);
        var (request, reply, session) = (new StepRequest(), new StepReply(), SessionId.New());
        request.Reset(session, 1, 0);
        request.Append([1, 2, 3]);
        await expert.StepAsync(request, reply, default);
        var position = 3;
        for (var n = 0; n < 60; n++)
            await StepAsync();
        // The thread pool's queue is shared with tests that run beside this one: when they fill it, whoever queues next makes it longer.
        var taken = new List<long>();
        for (var window = 0; window < 5 && !taken.Contains(0); window++)
        {
            var before = expert.AllocatedBytes;
            for (var n = 0; n < 60; n++)
                await StepAsync();
            taken.Add(expert.AllocatedBytes - before);
        }
        Assert.Contains(0, taken);

        async ValueTask StepAsync()
        {
            request.Reset(session, (uint)position, position);
            request.Append(40 + position % 100);
            request.Append(41);
            (request.Scores, request.Drafts, request.Continuation) = (2, 1, 2);
            await expert.StepAsync(request, reply, default);
            Assert.Equal(StepStatus.Ok, reply.Status);
            position++;
        }
    }
}
