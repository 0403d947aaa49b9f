using Mesh.Contracts.Experts;

namespace Router.Api.Experts;

/// <summary>The experts as people and the API see them: all of them, whatever their state. The ready ones are in <see cref="Mesh.Ensemble.Experts.IExpertPool"/>.</summary>
public interface IExpertDirectory
{
    /// <summary>A snapshot of every known expert, in order of registration.</summary>
    IReadOnlyList<ExpertStatus> List();

    /// <summary>True when people took the expert out of the pool; it stays loaded and registered.</summary>
    bool IsOffline(ExpertId id);

    /// <summary>
    /// Makes the expert known and starts loading it; answers at once, with <see cref="ExpertState.Loading"/> usually, or
    /// <see cref="ExpertState.Refused"/> with the reason. The same specification again changes nothing; another one replaces it.
    /// </summary>
    Task<ExpertStatus> RegisterAsync(ExpertSpec spec, CancellationToken cancellationToken);

    /// <summary>Unloads and forgets it. False when no such expert is known.</summary>
    Task<bool> RemoveAsync(ExpertId id, CancellationToken cancellationToken);

    /// <summary>Takes the expert out of the pool or puts it back. False when no such expert is known.</summary>
    Task<bool> SetOfflineAsync(ExpertId id, bool offline, CancellationToken cancellationToken);

    /// <summary>
    /// What people govern, over the catalogue and over what was registered by hand: these experts too, each in the place of another of its name, and not those.
    /// Whatever is no longer named is as if it had never been.
    /// </summary>
    Task GovernAsync(IReadOnlyList<ExpertSpec> admitted, IReadOnlyList<ExpertId> removed, CancellationToken cancellationToken);

    /// <summary>The one tokenizer of this mesh, known once its first expert is ready (<see cref="ModelCard.TokenizerFingerprint"/>).</summary>
    string? TokenizerFingerprint { get; }

    /// <summary>A GGUF file with that tokenizer; set together with <see cref="TokenizerFingerprint"/>.</summary>
    string? TokenizerModelPath { get; }

    /// <summary>Completes when at least one expert is ready, hence the tokenizer known.</summary>
    Task WaitUntilReadyAsync(CancellationToken cancellationToken);
}
