using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Simulation.Experts;

namespace Mesh.Simulation.Priors;

/// <summary>A <see cref="ToyExpert"/> that decodes what waits for it in one batch, begun as soon as it is idle: so long for the batch and so long for each token of it.</summary>
public sealed class BatchedExpert(ToyExpert inner, TimeProvider time, TimeSpan perBatch, TimeSpan perToken) : IExpertChannel
{
    private readonly List<Waiting> _queue = [];
    private bool _working;

    public ExpertId Expert => inner.Expert;

    /// <summary>Its host has died: nothing it has or gets is answered.</summary>
    public bool IsDown { get; set; }

    /// <summary>Time spent decoding.</summary>
    public TimeSpan Busy { get; private set; }

    public async ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        if (IsDown)
            throw new ExpertUnreachableException(Expert, "its host is down");
        var waiting = new Waiting(request, reply, new());
        using var registration = cancellationToken.Register(() => waiting.Done.TrySetCanceled(cancellationToken));
        _queue.Add(waiting);
        if (!_working)
            _ = WorkAsync();
        await waiting.Done.Task;
    }

    public void Release(SessionId session) => inner.Release(session);

    private async Task WorkAsync()
    {
        _working = true;
        while (_queue.Count > 0)
        {
            Waiting[] batch = [.. _queue.Where(w => !w.Done.Task.IsCompleted)];
            _queue.Clear();
            if (batch.Length == 0)
                break;   // all of it was given up
            var decode = perBatch + perToken * batch.Sum(w => w.Request.TokenCount);
            await Task.Delay(decode, time);
            Busy += decode;
            foreach (var waiting in batch)
                End(waiting, decode);
        }
        _working = false;
    }

    private void End(Waiting waiting, TimeSpan decode)
    {
        if (waiting.Done.Task.IsCompleted)
            return;   // given up: neither object is ours any more
        if (IsDown)
        {
            waiting.Done.TrySetException(new ExpertUnreachableException(Expert, "its host has died"));
            return;
        }
        inner.StepAsync(waiting.Request, waiting.Reply, CancellationToken.None).GetAwaiter().GetResult();
        waiting.Reply.ComputeMicroseconds = (uint)decode.TotalMicroseconds;
        waiting.Done.TrySetResult();
    }

    private sealed record Waiting(StepRequest Request, StepReply Reply, TaskCompletionSource Done);
}
