using System.Text.Json;
using Mesh.Chorus.Phases;
using Mesh.Chorus.Windows;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Inference.Decoding;
using Mesh.Inference.Loading;
using Mesh.Inference.Native;
using Mesh.Inference.Positions;
using Microsoft.Extensions.Logging;

namespace Mesh.Inference;

/// <summary>
/// A loaded model that answers steps: the expert itself, in this process. Steps of all sessions share one decode loop; see <see cref="IExpertChannel"/>
/// for what a step means.
/// </summary>
public sealed class LlamaExpert : IExpertChannel, IAsyncDisposable
{
    private readonly LlamaModel _model;
    private readonly bool _ownsModel;
    private readonly DecodeLane[] _lanes;
    private readonly LaneTable _table;
    private readonly Embedder _embedder;
    private CachePositions? _positions;
    private int _disposed;

    /// <param name="joins">Its lanes are members of the phases.</param>
    internal LlamaExpert(LlamaModel model, ILogger logger, bool ownsModel, bool joins = true)
    {
        var (spec, plan, options) = (model.Spec, model.Plan, model.Options);
        (_model, _ownsModel, Expert) = (model, ownsModel, spec.Id);
        _lanes = new DecodeLane[plan.Lanes];
        _table = new(plan.Lanes);
        try
        {
            var vocabulary = Vocabulary.llama_vocab_n_tokens(model.Weights.Vocabulary);
            for (var i = 0; i < _lanes.Length; i++)
                _lanes[i] = new(model.Weights, spec, plan, options, plan.Lanes == 1 ? spec.Id.Value : $"{spec.Id}/{i}");
            var speed = model.Speed ??= SpeedTest.Run(_lanes[0].Context, vocabulary, plan.ContextLength, plan.Threads, plan.MayUseFewerThreads);
            _embedder = new(model.Weights, plan.ContextLength, speed.PromptThreads);
            Card = new()
            {
                Name = plan.Facts.Name,
                ModelPath = spec.ModelPath,
                TokenizerFingerprint = model.TokenizerFingerprint,
                VocabularySize = vocabulary,
                ContextLength = plan.ContextLength,
                Parameters = model.Weights.Parameters,
                MemoryBytes = plan.MemoryBytes,
                TokensPerSecond = speed.Generated,
                PromptTokensPerSecond = speed.Prompt,
                Threads = Math.Max(plan.Lanes, Math.Max(speed.GeneratedThreads, speed.PromptThreads)),
                Description = spec.Description,
            };
            foreach (var lane in _lanes)
                lane.Start(model.Weights, spec, plan, joins ? options : options with { Phases = null }, speed, logger);
        }
        catch
        {
            Free();
            throw;
        }
    }

    public ExpertId Expert { get; }

    /// <summary>What was loaded and how fast it runs here.</summary>
    public ModelCard Card { get; }

    /// <summary>Sessions that have not ended.</summary>
    public int ActiveSessions => _lanes.Sum(lane => lane.Loop.ActiveSessions);

    /// <summary>Tokens computed since it was loaded; one read from the cache is none.</summary>
    public long DecodedTokens => _lanes.Sum(lane => lane.Loop.DecodedTokens);

    /// <summary>How long a step has been under way without anything being computed; measured from question to question, so ask every second or so.</summary>
    public TimeSpan Stalled => _lanes.Max(lane => lane.Loop.Stalled);

    /// <summary>What the batch windows do now, lane by lane; empty where each session is computed alone.</summary>
    public IEnumerable<WindowState> Windows => _lanes
        .Select(lane => lane.Loop.Window)
        .OfType<BatchWindow>()
        .Select(window => new WindowState(window.Policy, window.Trial?.Gain ?? 0, window.Trial?.Trials ?? 0, window.MeanBatch));

    /// <summary>For a status page, of the first lane; null where batches begin at once anyway.</summary>
    public Alignment? Alignment
    {
        get
        {
            if (_model.Options.BatchWindow == WindowPolicy.AtOnce || !Windows.Any())
                return null;
            var window = Windows.First();
            var phase = _model.Options.Phases?.Current.At(_lanes[0].Name, _model.Options.Phases.Clock);
            return new(
                JsonNamingPolicy.SnakeCaseLower.ConvertName(window.Policy.ToString()), window.Trials > 0 ? window.Gain : null, window.MeanBatch,
                phase?.Turn, phase?.Period.TotalMilliseconds, phase?.Order);
        }
    }

    /// <summary>Bytes of managed memory that the decode threads ever took.</summary>
    internal long AllocatedBytes => _lanes.Sum(lane => lane.Loop.AllocatedBytes);

    /// <param name="progress">Share of the file loaded, 0 to 1; called on another thread.</param>
    /// <exception cref="ModelLoadException">It cannot run here; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Loading was cancelled.</exception>
    public static Task<LlamaExpert> LoadAsync(
        ExpertSpec spec, InferenceOptions options, ILogger logger, IProgress<float>? progress = null, CancellationToken cancellationToken = default) =>
        LlamaModel.OnThreadOfItsOwn(() => new LlamaExpert(LlamaModel.Load(spec, options, logger, progress, cancellationToken), logger, ownsModel: true), cancellationToken);

    public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        if (_disposed == 0 && IsSound(request))
            return _lanes[_table.LaneOf(request.Session, begins: request.Position == 0)].Loop.StepAsync(request, reply, cancellationToken);
        reply.Reset(request.Session, request.Turn, StepStatus.Refused);
        return ValueTask.CompletedTask;
    }

    public void Release(SessionId session)
    {
        if (_disposed == 0 && _table.Remove(session) is >= 0 and var lane)
            _lanes[lane].Loop.Release(session);
    }

    /// <summary>The normalised mean of the final hidden states over <paramref name="tokens"/>: one vector of the model's embedding length.</summary>
    /// <exception cref="ArgumentException">No tokens, more than the context holds, or an id outside the vocabulary.</exception>
    public Task<float[]> EmbedAsync(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (tokens.IsEmpty || tokens.Length > Card.ContextLength || tokens.Span.IndexOfAnyExceptInRange(0, Card.VocabularySize - 1) >= 0)
            throw new ArgumentException($"An embedding takes 1 to {Card.ContextLength} tokens of this vocabulary.", nameof(tokens));
        return _embedder.EmbedAsync(tokens, cancellationToken);
    }

    /// <summary>How far what two sessions hold in the cache is apart, read from the rotation of their keys. A look for people and checks: it copies both sequences' state.</summary>
    /// <returns>Null: the expert holds nothing of one of them.</returns>
    /// <exception cref="NotSupportedException">The model's keys are not rotated plainly, or the cache does not hold them as they are; the message says which.</exception>
    public async Task<CacheOffset?> CompareAsync(SessionId first, SessionId second, CancellationToken cancellationToken = default)
    {
        var positions = Positions();
        return await ReadKeysAsync(first, cancellationToken) is { } a && await ReadKeysAsync(second, cancellationToken) is { } b ? positions.Compare(a, b) : null;
    }

    /// <summary>Whether the keys of a session's cache are rotated as its positions say.</summary>
    /// <inheritdoc cref="CompareAsync"/>
    public async Task<CacheCheck?> CheckPositionsAsync(SessionId session, CancellationToken cancellationToken = default)
    {
        var positions = Positions();
        return await ReadKeysAsync(session, cancellationToken) is { } keys ? positions.Check(keys) : null;
    }

    /// <summary>Refuses new sessions and waits until no step is under way.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken = default)
    {
        foreach (var lane in _lanes)
            lane.Loop.BeginDrain();
        while (_lanes.Any(lane => !lane.Loop.IsIdle))
            await Task.Delay(TimeSpan.FromMilliseconds(10), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await Task.Run(Free);
    }

    private CachePositions Positions()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return _positions ??= new(ModelRope.Of(_model.Weights, _model.Plan.Facts, _model.Plan.File), Card.ContextLength);
    }

    private Task<SequenceKeys?> ReadKeysAsync(SessionId session, CancellationToken cancellationToken) =>
        _lanes[_table.LaneOf(session, begins: false)].Loop.ReadKeysAsync(session).WaitAsync(cancellationToken);

    private bool IsSound(StepRequest request) =>
        request.TokenCount > 0 && request.Position >= 0 && request.Session.Value != 0
        && request.Drafts >= 0 && request.Drafts < request.TokenCount && request.Drafts <= StepLimits.Drafts
        && request.Scores >= 0 && request.Scores <= request.TokenCount
        && request.Continuation is >= 0 and <= StepLimits.Drafts && request.DraftTemperature is >= 0f and <= StepLimits.Temperature
        && request.Tokens.IndexOfAnyExceptInRange(0, Card.VocabularySize - 1) < 0;

    /// <summary>The lanes first, the model last: each uses the next.</summary>
    private void Free()
    {
        foreach (var lane in _lanes)
            lane?.Dispose();
        _embedder?.Dispose();
        if (_ownsModel)
            _model.Dispose();
    }
}
