using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Inference.Decoding;
using Mesh.Inference.Loading;
using Mesh.Inference.Native;
using Microsoft.Extensions.Logging;

namespace Mesh.Inference;

/// <summary>
/// A loaded model that answers steps: the expert itself, in this process. Steps of all sessions share one decode loop; see <see cref="IExpertChannel"/>
/// for what a step means.
/// </summary>
public sealed class LlamaExpert : IExpertChannel, IAsyncDisposable
{
    private readonly ModelHandle _model;
    private readonly ContextHandle _context;
    private readonly ThreadPoolHandle? _threads;
    private readonly AbortFlag _abort;
    private readonly DecodeLoop _loop;
    private readonly Embedder _embedder;
    private int _disposed;

    private LlamaExpert(ExpertSpec spec, ModelPlan plan, InferenceOptions options, ILogger logger, Func<float, bool> progress)
    {
        LlamaLibrary.EnsureLoaded();
        LlamaLog.Logger = logger;
        Expert = spec.Id;
        _abort = new();
        try
        {
            _model = ModelHandle.Load(spec.ModelPath, vocabularyOnly: false, spec.GpuLayers, progress);
            if (!_model.HasDecoder)
                throw new ModelLoadException($"A model of architecture '{plan.Facts.Architecture}' does not generate text.");
            var vocabulary = Vocabulary.llama_vocab_n_tokens(_model.Vocabulary);
            _context = ContextHandle.Create(_model, Parameters(plan, options));
            _threads = plan.Threads > 1 ? ThreadPoolHandle.TryCreate(plan.Threads) : null;
            if (_threads is not null)
                _context.Attach(_threads);
            if (spec.Adapters.Count > 0)
                _context.SetAdapters([.. spec.Adapters.Select(a => Adapter.Load(_model, a.Path))], [.. spec.Adapters.Select(a => a.Scale)]);
            var speed = SpeedTest.Run(_context, vocabulary, plan.ContextLength, plan.Threads, plan.MayUseFewerThreads);
            _embedder = new(_model, plan.ContextLength, speed.PromptThreads);
            var sequences = new SequenceTable(
                _context, plan.Sequences(options), plan.ContextLength, vocabulary, options, share: !options.Deterministic && !_model.IsRecurrent);
            var batches = new BatchPlan(new(_context.BatchTokens), options, new(MaxOutputs(plan, options), speed.GeneratedThreads, speed.PromptThreads), speed.Prompt);
            _loop = new(_context, _abort, sequences, batches, new(_context, vocabulary), plan.ContextLength, spec.Id.Value, logger);
            Card = new()
            {
                Name = plan.Facts.Name,
                ModelPath = spec.ModelPath,
                TokenizerFingerprint = Tokenizer.TokenizerFingerprint.Compute(plan.File),
                VocabularySize = vocabulary,
                ContextLength = plan.ContextLength,
                Parameters = _model.Parameters,
                MemoryBytes = plan.MemoryBytes,
                TokensPerSecond = speed.Generated,
                PromptTokensPerSecond = speed.Prompt,
                Threads = Math.Max(speed.GeneratedThreads, speed.PromptThreads),
                Description = spec.Description,
            };
            _loop.Start();
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
    public int ActiveSessions => _loop.ActiveSessions;

    /// <summary>Tokens computed since it was loaded; one read from the cache is none.</summary>
    public long DecodedTokens => _loop.DecodedTokens;

    /// <summary>Bytes of managed memory that the decode thread ever took.</summary>
    internal long AllocatedBytes => _loop.AllocatedBytes;

    /// <param name="progress">Share of the file loaded, 0 to 1; called on another thread.</param>
    /// <exception cref="ModelLoadException">It cannot run here; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Loading was cancelled.</exception>
    public static Task<LlamaExpert> LoadAsync(
        ExpertSpec spec, InferenceOptions options, ILogger logger, IProgress<float>? progress = null, CancellationToken cancellationToken = default) =>
        Task.Factory.StartNew(
            () =>
            {
                var plan = ModelPlan.Make(spec, options);
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    return new LlamaExpert(spec, plan, options, logger, share =>
                    {
                        progress?.Report(share);
                        return !cancellationToken.IsCancellationRequested;
                    });
                }
                catch (ModelLoadException) when (cancellationToken.IsCancellationRequested)
                {
                    throw new OperationCanceledException(cancellationToken);
                }
            },
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        if (_disposed == 0 && IsSound(request))
            return _loop.StepAsync(request, reply, cancellationToken);
        reply.Reset(request.Session, request.Turn, StepStatus.Refused);
        return ValueTask.CompletedTask;
    }

    public void Release(SessionId session)
    {
        if (_disposed == 0)
            _loop.Release(session);
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

    /// <summary>Refuses new sessions and waits until no step is under way.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken = default)
    {
        _loop.BeginDrain();
        while (!_loop.IsIdle)
            await Task.Delay(TimeSpan.FromMilliseconds(10), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await Task.Run(Free);
    }

    private bool IsSound(StepRequest request) =>
        request.TokenCount > 0 && request.Position >= 0 && request.Session.Value != 0
        && request.Drafts >= 0 && request.Drafts < request.TokenCount && request.Drafts <= StepLimits.Drafts
        && request.Scores >= 0 && request.Scores <= request.TokenCount
        && request.Continuation is >= 0 and <= StepLimits.Drafts
        && request.Tokens.IndexOfAnyExceptInRange(0, Card.VocabularySize - 1) < 0;

    private unsafe ContextParams Parameters(ModelPlan plan, InferenceOptions options)
    {
        var parameters = ContextHandle.DefaultParams();
        // Streams of their own in deterministic mode: where other sessions' cells lie would change the order of sums.
        parameters.UnifiedKv = options.Deterministic ? (byte)0 : (byte)1;
        parameters.Cells = (uint)(options.Deterministic ? plan.Sequences(options) * plan.ContextLength : plan.Cells);
        parameters.BatchTokens = parameters.MicroBatchTokens = (uint)Math.Min(options.BatchTokens, plan.Cells);
        parameters.MaxSequences = (uint)plan.Sequences(options);
        parameters.MaxOutputs = (uint)MaxOutputs(plan, options);
        parameters.Threads = parameters.BatchThreads = plan.Threads;
        parameters.AbortCallback = AbortFlag.Callback;
        parameters.AbortUser = _abort.Address;
        return parameters;
    }

    /// <summary>Rows of logits one decode may ask for; llama.cpp wants at least one a sequence.</summary>
    private static int MaxOutputs(ModelPlan plan, InferenceOptions options) => Math.Max(plan.Sequences(options), 128);

    /// <summary>The loop first, then the context, its threads, the model: each uses the next.</summary>
    private void Free()
    {
        _loop?.Dispose();
        _embedder?.Dispose();
        _context?.Dispose();
        _threads?.Dispose();
        _model?.Dispose();
        _abort.Dispose();
    }
}
