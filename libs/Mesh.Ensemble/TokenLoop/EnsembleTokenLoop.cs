using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Gating;
using Mesh.Ensemble.Routing;
using Microsoft.Extensions.Logging;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>The token loop over a pool of experts. See docs of <see cref="ITokenLoop"/>.</summary>
/// <exception cref="ArgumentException">The options are out of range; the message lists every fault.</exception>
public sealed class EnsembleTokenLoop : ITokenLoop
{
    private readonly ConcurrentDictionary<ExpertId, ExpertPace> _paces = new();

    /// <param name="options">Used by requests that bring none.</param>
    /// <param name="priors">Added up for every expert when it joins a session.</param>
    /// <param name="gateModel">The trained gate of <see cref="GateKind.Learned"/>.</param>
    /// <param name="selectionPriors">Asked anew for every round, beside those that the options turn on: they count in who is asked, not in how much an answer counts.</param>
    public EnsembleTokenLoop(
        IExpertPool pool, EnsembleOptions options, TimeProvider time, ILogger<EnsembleTokenLoop> logger, IEnumerable<IGatePrior>? priors = null,
        GateModel? gateModel = null, IEnumerable<IGatePrior>? selectionPriors = null)
    {
        (Pool, Routing, Time, Logger, Priors) = (pool, new RoutingSnapshot(options, gateModel), time, logger, [.. priors ?? []]);
        SelectionPriors = [.. selectionPriors ?? [], .. options.SelectionPriors(time)];
    }

    internal IExpertPool Pool { get; }
    internal IRoutingSource Routing { get; }
    internal TimeProvider Time { get; }
    internal ILogger Logger { get; }
    internal IReadOnlyList<IGatePrior> Priors { get; }
    internal IGatePrior[] SelectionPriors { get; }
    internal LanePool Lanes { get; } = new();

    internal ExpertPace PaceOf(ExpertPeer peer) => _paces.GetOrAdd(peer.Id, static (_, card) => new(card), peer.Card);

    public IAsyncEnumerable<TokenEvent> RunAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        if (request.Prompt.IsEmpty)
            throw new ArgumentException("The prompt has no tokens.", nameof(request));
        if (request.MaxTokens < 1)
            throw new ArgumentException("MaxTokens must be 1 or more.", nameof(request));
        if (request.TopLogProbabilities is < 0 or > 20)
            throw new ArgumentException("TopLogProbabilities must be 0 to 20.", nameof(request));
        return Run(request, cancellationToken);
    }

    /// <summary>
    /// The question for the next token is on its way before a token is handed out, so a slow reader makes no expert wait; one round ahead, never more, and none
    /// where a pace says when a round may begin.
    /// </summary>
    private async IAsyncEnumerable<TokenEvent> Run(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var generation = new Generation(this, request, cancellationToken);
        await generation.PrepareAsync();
        if (request.Pace is null)
            generation.Ask();
        var tokens = request.Prompt.Length;
        while (true)
        {
            using (request.Pace is { } pace ? await pace.EnterAsync(tokens, cancellationToken) : null)
            {
                if (request.Pace is not null)
                    generation.Ask();
                await generation.CollectAsync();
                generation.Choose();
            }
            if (request.Pace is null && !generation.IsFinished)
                generation.Ask();
            tokens = generation.Events.Count;
            for (var i = 0; i < generation.Events.Count; i++)
                yield return generation.Events[i];
            if (generation.IsFinished)
                yield break;
        }
    }
}
