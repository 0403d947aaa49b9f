namespace Mesh.Ensemble.TokenLoop;

/// <summary>Says when a generation may go on: it stands still between two rounds, and asks nobody ahead of its turn.</summary>
public interface IGenerationPace
{
    /// <summary>Waits until a round may begin; what it returns is disposed when the round is over.</summary>
    /// <param name="tokens">About so many are decoded in it: the prompt's in the first, then as many as the last one gave.</param>
    ValueTask<IDisposable> EnterAsync(int tokens, CancellationToken cancellationToken);
}
