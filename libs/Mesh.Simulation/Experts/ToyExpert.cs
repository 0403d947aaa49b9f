using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;

namespace Mesh.Simulation.Experts;

/// <summary>
/// An expert around a <see cref="ToyModel"/> that answers at once and keeps a cache per session as a real one does, with every rule of a step: positions,
/// idempotence, NeedFrom, drafts, scores, continuation. A request that breaks a rule throws, so a test sees it.
/// </summary>
public sealed class ToyExpert(ExpertId id, ToyModel model, int contextLength = 4096, int entries = StepLimits.Entries) : IExpertChannel
{
    private readonly Dictionary<SessionId, Cache> _caches = [];
    private readonly int[] _order = new int[model.VocabularySize];

    public ExpertId Expert => id;
    public ToyModel Model => model;

    /// <summary>Sessions that were not released.</summary>
    public int Sessions => _caches.Count;

    public int Steps { get; private set; }
    public int DecodedTokens { get; private set; }

    public ModelCard Card { get; } = new()
    {
        Name = id.Value, ModelPath = "/toy", TokenizerFingerprint = "toy", VocabularySize = model.VocabularySize, ContextLength = contextLength,
        Parameters = 1, MemoryBytes = 1, TokensPerSecond = 100, PromptTokensPerSecond = 1000,
    };

    public IReadOnlyList<int> HeldBy(SessionId session) => _caches[session].Tokens;

    /// <summary>Forgets the session's tokens from this position on, as an eviction does.</summary>
    public void Forget(int from = 0)
    {
        foreach (var cache in _caches.Values)
            cache.Cut(from);
    }

    /// <summary>Starts anew, as after a crash.</summary>
    public void Restart() => _caches.Clear();

    public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_caches)
            Step(request, reply);
        return default;
    }

    public void Release(SessionId session)
    {
        lock (_caches)
            _caches.Remove(session);
    }

    private void Step(StepRequest request, StepReply reply)
    {
        Steps++;
        if (request.TokenCount == 0 || request.Drafts >= request.TokenCount || request.Drafts > StepLimits.Drafts || request.Scores > request.TokenCount
            || request.Continuation > StepLimits.Drafts || request.Position < 0 || request.Tokens.IndexOfAnyExceptInRange(0, model.VocabularySize - 1) >= 0)
            throw new InvalidOperationException($"A malformed step: {request.TokenCount} tokens at {request.Position}, {request.Drafts} drafts, {request.Scores} scores.");
        reply.Reset(request.Session, request.Turn);
        if (!_caches.TryGetValue(request.Session, out var cache))
            _caches[request.Session] = cache = new();
        if (request.Turn < cache.Turn)
            throw new InvalidOperationException($"Turn {request.Turn} comes after {cache.Turn}.");
        cache.Turn = request.Turn;
        if (request.Position > cache.Tokens.Count)
        {
            (reply.Status, reply.NeedFrom) = (StepStatus.NeedFrom, cache.Tokens.Count);
            return;
        }
        if (request.Position + request.TokenCount > contextLength)
        {
            reply.Status = StepStatus.ContextFull;
            return;
        }
        cache.Cut(request.Position);
        var end = request.Position + request.TokenCount;
        foreach (var token in request.Tokens)
        {
            var position = cache.Tokens.Count;
            if (position > 0 && position >= end - request.Scores)
                reply.AddScore(model.LogProbabilities(cache.Span)[token]);
            cache.Tokens.Add(token);
            DecodedTokens++;
            if (position >= end - 1 - request.Drafts)
                Fill(reply.AddDistribution(), model.LogProbabilities(cache.Span));
        }
        Continue(request, reply, cache);
    }

    private void Continue(StepRequest request, StepReply reply, Cache cache)
    {
        for (var i = 0; i < request.Continuation && cache.Tokens.Count < contextLength; i++)
        {
            var token = Next(request, cache);
            reply.AddContinuation(token);
            cache.Tokens.Add(token);
        }
        cache.Cut(request.Position + request.TokenCount);
    }

    private int Next(StepRequest request, Cache cache)
    {
        var logs = model.LogProbabilities(cache.Span);
        if (request.DraftTemperature == 0)
            return IndexOfMax(logs);
        var race = new TokenRace(request.DraftKey, cache.Tokens.Count);
        for (var token = 0; token < logs.Length; token++)
            race.Enter(token, Math.Exp(logs[token] / request.DraftTemperature));
        return race.Winner;
    }

    private static int IndexOfMax(float[] values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
            if (values[i] > values[best])
                best = i;
        return best;
    }

    private void Fill(SparseDistribution into, float[] logs)
    {
        for (var i = 0; i < _order.Length; i++)
            _order[i] = i;
        Array.Sort(_order, (a, b) => logs[b].CompareTo(logs[a]));
        var kept = Math.Min(entries, logs.Length);
        Array.Sort(_order, 0, kept);
        var mass = 0.0;
        for (var i = 0; i < kept; i++)
        {
            into.Add(_order[i], logs[_order[i]]);
            mass += Math.Exp(logs[_order[i]]);
        }
        into.Tail = (float)Math.Clamp(1 - mass, 0, 1);
    }

    private sealed class Cache
    {
        public List<int> Tokens { get; } = [];
        public uint Turn;
        public ReadOnlySpan<int> Span => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(Tokens);

        public void Cut(int length)
        {
            if (length < Tokens.Count)
                Tokens.RemoveRange(length, Tokens.Count - length);
        }
    }
}
