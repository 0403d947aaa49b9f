using System.Buffers;
using Expert.Worker.Experts;
using Mesh.Contracts.Steps;

namespace Expert.Worker.Actors;

/// <summary>
/// Batches of steps in turns that stay short. A step that outlives its turn goes on without it and its answer is kept until the same request asks
/// again. A different request of that session waits for it first. Used by one turn at a time.
/// </summary>
internal sealed class StepBatch(TimeSpan turn, TimeSpan linger, TimeProvider time)
{
    private const int MostSteps = 4096;
    private readonly Dictionary<SessionId, PendingStep> _pending = [];

    // A reply is 35 KB of buffers: they are used again once an answer is written.
    private readonly Stack<StepRequest> _requests = [];
    private readonly Stack<StepReply> _replies = [];

    /// <exception cref="ArgumentException">The batch is malformed.</exception>
    /// <exception cref="InvalidOperationException">The expert does not get on.</exception>
    public async Task<byte[]> RunAsync(HostedExpert expert, byte[] batch)
    {
        // The caller asks until it is answered, so this is what tells a slow expert from a dead one.
        if (!expert.IsAlive)
            throw new InvalidOperationException($"Expert '{expert.Spec.Id}' does not get on with what it computes.");
        ForgetStale();
        var asked = Start(expert, Read(batch));
        var tasks = asked.Select(step => step.Done).ToArray();
        using (var end = new CancellationTokenSource(turn, time))
        {
            await Quietly(Task.WhenAny(tasks).WaitAsync(end.Token));
            // The expert decodes what is pending together, so the others of this batch are usually done in the same moment.
            await Quietly(Task.WhenAll(tasks).WaitAsync(linger, time, end.Token));
        }
        var answer = new ArrayBufferWriter<byte>(1024);
        foreach (var step in asked.Where(step => step.Done.IsCompleted))
        {
            StepCodec.Write(step.Reply, answer);
            _pending.Remove(step.Request.Session);
            _requests.Push(step.Request);
            _replies.Push(step.Reply);
        }
        return answer.WrittenSpan.ToArray();
    }

    /// <summary>The session has ended: its answer is not wanted any more.</summary>
    public void Forget(SessionId session)
    {
        if (_pending.Remove(session, out var step))
            step.Cancel();
    }

    private List<StepRequest> Read(byte[] batch)
    {
        var requests = new List<StepRequest>();
        for (ReadOnlySpan<byte> rest = batch; rest.Length > 0;)
        {
            var request = _requests.TryPop(out var used) ? used : new StepRequest();
            if (requests.Count == MostSteps)
                throw new ArgumentException($"A batch holds at most {MostSteps} steps.");
            if (!StepCodec.TryRead(ref rest, request, out var error))
                throw new ArgumentException($"Step {requests.Count} of the batch is malformed: {error}");
            requests.Add(request);
        }
        if (requests.DistinctBy(r => r.Session).Count() != requests.Count)
            throw new ArgumentException("A session occurs twice in the batch.");
        return requests.Count > 0 ? requests : throw new ArgumentException("The batch is empty.");
    }

    private List<PendingStep> Start(HostedExpert expert, List<StepRequest> requests)
    {
        var steps = new List<PendingStep>(requests.Count);
        foreach (var request in requests)
        {
            if (!_pending.TryGetValue(request.Session, out var step) || !step.Answers(request))
                _pending[request.Session] = step = PendingStep.Start(expert, request, _replies.TryPop(out var used) ? used : new StepReply(), step, time);
            else
                _requests.Push(request);
            steps.Add(step);
        }
        return steps;
    }

    /// <summary>Answers that nobody came back for.</summary>
    private void ForgetStale()
    {
        if (_pending.Count == 0)
            return;
        foreach (var step in _pending.Values.Where(s => s.Done.IsCompleted && time.GetElapsedTime(s.StartedAt) > TimeSpan.FromMinutes(1)).ToArray())
            _pending.Remove(step.Request.Session);
    }

    private static async Task Quietly(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
