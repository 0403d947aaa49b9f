using Mesh.Contracts.Steps;
using Mesh.Inference.Decoding;
using Mesh.Inference.Native;

namespace Mesh.Inference.Positions;

/// <summary>Copies a session's keys between two decodes: only the decode thread may look into the cache.</summary>
internal sealed class KeyReading(SessionId session)
{
    private readonly TaskCompletionSource<SequenceKeys?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Null: the expert holds nothing of the session, or is stopping.</summary>
    public Task<SequenceKeys?> Done => _done.Task;

    public void Run(ContextHandle context, SequenceTable sequences)
    {
        try
        {
            _done.SetResult(sequences.Look(session) is { Length: > 0 } sequence ? SequenceKeys.Parse(context.State(sequence.Id), sequence.Tokens) : null);
        }
        catch (Exception fault)
        {
            _done.SetException(fault);
        }
    }

    public void Refuse() => _done.TrySetResult(null);
}
