using Mesh.Contracts.Experts;
using Mesh.Inference.Loading;
using Mesh.Inference.Native;
using Microsoft.Extensions.Logging;

namespace Mesh.Inference;

/// <summary>
/// A model's weights in memory, and what takes time to find out about them: the first expert opened on it measures how fast it runs, those after it take
/// milliseconds. Without an open expert it holds no K/V cache, and weights that are mapped from the file are shared with every process that maps it too.
/// Dispose it after the experts that were opened on it.
/// </summary>
public sealed class LlamaModel : IDisposable
{
    private LlamaModel(ExpertSpec spec, ModelPlan plan, InferenceOptions options, ILogger logger, Func<float, bool> progress)
    {
        (Spec, Plan, Options) = (spec, plan, options);
        LlamaLibrary.EnsureLoaded();
        LlamaLog.Logger = logger;
        Weights = ModelHandle.Load(spec.ModelPath, vocabularyOnly: false, spec.GpuLayers, progress);
        try
        {
            if (!Weights.HasDecoder)
                throw new ModelLoadException($"A model of architecture '{plan.Facts.Architecture}' does not generate text.");
            TokenizerFingerprint = Tokenizer.TokenizerFingerprint.Compute(plan.File);
        }
        catch
        {
            Weights.Dispose();
            throw;
        }
    }

    public ExpertSpec Spec { get; }

    /// <summary>Of the weights.</summary>
    public long Bytes => Plan.File.Length;

    internal ModelPlan Plan { get; }

    internal InferenceOptions Options { get; }

    internal ModelHandle Weights { get; }

    internal string TokenizerFingerprint { get; }

    /// <summary>Null until an expert has been opened.</summary>
    internal Speed? Speed { get; set; }

    /// <param name="progress">Share of the file loaded, 0 to 1; called on another thread.</param>
    /// <exception cref="ModelLoadException">It cannot run here; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Loading was cancelled.</exception>
    public static Task<LlamaModel> LoadAsync(
        ExpertSpec spec, InferenceOptions options, ILogger logger, IProgress<float>? progress = null, CancellationToken cancellationToken = default) =>
        OnThreadOfItsOwn(() => Load(spec, options, logger, progress, cancellationToken), cancellationToken);

    /// <summary>An expert that uses these weights and leaves them here when it is disposed.</summary>
    /// <param name="isTrial">It is only tried: it takes no place of another one of its name among the phases.</param>
    /// <exception cref="ModelLoadException">There is no memory for its cache, or the model does not run.</exception>
    public Task<LlamaExpert> OpenAsync(ILogger logger, bool isTrial = false, CancellationToken cancellationToken = default) =>
        OnThreadOfItsOwn(() => new LlamaExpert(this, logger, ownsModel: false, joins: !isTrial), cancellationToken);

    public void Dispose() => Weights.Dispose();

    internal static LlamaModel Load(ExpertSpec spec, InferenceOptions options, ILogger logger, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        var plan = ModelPlan.Make(spec, options);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return new(spec, plan, options, logger, share =>
            {
                progress?.Report(share);
                return !cancellationToken.IsCancellationRequested;
            });
        }
        catch (ModelLoadException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    internal static Task<T> OnThreadOfItsOwn<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
