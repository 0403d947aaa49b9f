using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;

namespace Expert.Worker.Experts;

/// <summary>A loaded model that performs steps. Disposing it ends the steps that run.</summary>
public interface IExpertBackend : IAsyncDisposable
{
    ModelCard Card { get; }

    int ActiveSessions { get; }

    /// <summary>How long a step has been under way without any progress, as seen by those who ask every second or so.</summary>
    TimeSpan Stalled => TimeSpan.Zero;

    /// <summary>How its batches fall together with others'; null where they are not aligned.</summary>
    Alignment? Alignment => null;

    /// <inheritdoc cref="IExpertChannel.StepAsync"/>
    ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken);

    /// <inheritdoc cref="IExpertChannel.Release"/>
    void Release(SessionId session);

    /// <summary>The normalised mean of the final hidden states over <paramref name="tokens"/>.</summary>
    /// <exception cref="ArgumentException">No tokens, more than the context holds, or an id outside the vocabulary.</exception>
    Task<float[]> EmbedAsync(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken);

    /// <summary>Completes when no step runs.</summary>
    Task DrainAsync(CancellationToken cancellationToken);
}

/// <summary>Makes backends of specifications whose paths have been checked. Whatever it throws is why the expert is refused.</summary>
public interface IExpertLoader
{
    /// <param name="mostBytes">What it may take, weights and K/V cache.</param>
    Task<IExpertBackend> LoadAsync(ExpertSpec spec, long mostBytes, IProgress<float> progress, CancellationToken cancellationToken);

    /// <summary>Keeps in memory what makes loading it later a matter of milliseconds, until <see cref="Forget"/>. Throws what loading would.</summary>
    /// <returns>Bytes kept; 0: this loader, or this expert, cannot be prepared.</returns>
    Task<long> PrepareAsync(ExpertSpec spec, long mostBytes, CancellationToken cancellationToken) => Task.FromResult(0L);

    /// <summary>Whether <see cref="PrepareAsync"/> has done its work and the file is still the same.</summary>
    bool IsPrepared(ExpertSpec spec) => false;

    /// <summary>Frees what was prepared; an expert loaded from it runs on.</summary>
    void Forget(ExpertSpec spec)
    {
    }
}
