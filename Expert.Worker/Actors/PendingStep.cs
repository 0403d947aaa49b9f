using Expert.Worker.Experts;
using Mesh.Contracts.Steps;

namespace Expert.Worker.Actors;

/// <summary>A step on its way, and its answer.</summary>
internal sealed class PendingStep
{
    private readonly CancellationTokenSource _cancel;

    private PendingStep(HostedExpert expert, StepRequest request, StepReply reply, Task? before, TimeProvider time)
    {
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(expert.Stopping);
        (Request, Reply, StartedAt) = (request, reply, time.GetTimestamp());
        Done = RunAsync(expert, before);
    }

    public StepRequest Request { get; }

    /// <summary>To be read once <see cref="Done"/> has completed.</summary>
    public StepReply Reply { get; }

    /// <summary>Never faults.</summary>
    public Task Done { get; }

    public long StartedAt { get; }

    /// <summary>Starts it, after the step of the same session that still runs, if any.</summary>
    public static PendingStep Start(HostedExpert expert, StepRequest request, StepReply reply, PendingStep? before, TimeProvider time) =>
        new(expert, request, reply, before?.Done, time);

    /// <summary>True when this step is the answer to <paramref name="other"/>: the same question, or the same one asked again.</summary>
    public bool Answers(StepRequest other) =>
        (Request.Turn, Request.Position, Request.Drafts, Request.Scores, Request.Continuation, Request.DraftTemperature, Request.DraftKey) ==
        (other.Turn, other.Position, other.Drafts, other.Scores, other.Continuation, other.DraftTemperature, other.DraftKey) && Request.Tokens.SequenceEqual(other.Tokens);

    public void Cancel()
    {
        try
        {
            _cancel.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile, and nobody came for the answer.
        }
    }

    private async Task RunAsync(HostedExpert expert, Task? before)
    {
        try
        {
            if (before is not null)
                await before;
            await expert.StepAsync(Request, Reply, _cancel.Token);
        }
        catch (Exception)
        {
            // The backend logs its own faults; what the router needs to know is that the cache is gone.
            Reply.Reset(Request.Session, Request.Turn, expert.Stopping.IsCancellationRequested ? StepStatus.Refused : StepStatus.Failed);
        }
        finally
        {
            _cancel.Dispose();
        }
    }
}
