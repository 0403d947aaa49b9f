using System.Collections.Concurrent;
using Mesh.Chorus.Phases;
using Mesh.Chorus.Windows;
using Mesh.Contracts.Catalog;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Inference;

namespace Expert.Worker.Experts;

/// <summary>Loads GGUF models with llama.cpp. Section <c>Mesh:Inference</c>, and <c>Mesh:Phases</c> where batches may wait; the cores are shared among the catalogue's experts unless it says otherwise.</summary>
internal sealed class LlamaExpertLoader : IExpertLoader, IDisposable
{
    /// <summary>Above this a model's speed is measured only when it is needed: trying it takes all cores for seconds.</summary>
    private const long BigModel = 1 << 30;

    private readonly ILoggerFactory _loggers;
    private readonly InferenceOptions _options;
    private readonly PhaseLoop? _phases;
    private readonly ConcurrentDictionary<ExpertId, Prepared> _prepared = [];

    /// <exception cref="ArgumentException">The options of <c>Mesh:Phases</c> are out of range; the message lists every fault.</exception>
    public LlamaExpertLoader(IConfiguration configuration, IHostEnvironment environment, ILoggerFactory loggers)
    {
        (_loggers, _options) = (loggers, Read(configuration, environment.ContentRootPath));
        if (_options.BatchWindow == WindowPolicy.AtOnce)
            return;
        _options = _options with { Phases = new(configuration.GetSection("Mesh:Phases").Get<PhaseOptions>() ?? new(), TimeProvider.System) };
        _phases = new(_options.Phases);
    }

    private sealed record Prepared(LlamaModel Model, FileStamp File);

    public async Task<IExpertBackend> LoadAsync(ExpertSpec spec, long mostBytes, IProgress<float> progress, CancellationToken cancellationToken) => new Backend(
        Find(spec) is { } prepared
            ? await prepared.OpenAsync(LoggerOf(spec), cancellationToken: cancellationToken)
            : await LlamaExpert.LoadAsync(spec, OptionsFor(mostBytes), LoggerOf(spec), progress, cancellationToken));

    public async Task<long> PrepareAsync(ExpertSpec spec, long mostBytes, CancellationToken cancellationToken)
    {
        if (spec.GpuLayers != 0 || spec.Adapters.Count > 0)
            return 0;
        Forget(spec);
        var stamp = FileStamp.Of(spec.ModelPath);
        var model = await LlamaModel.LoadAsync(spec, OptionsFor(mostBytes), LoggerOf(spec), null, cancellationToken);
        try
        {
            if (model.Bytes < BigModel)
                await TryAsync(model, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            _prepared[spec.Id] = new(model, stamp);
            return model.Bytes;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public bool IsPrepared(ExpertSpec spec) => Find(spec) is not null;

    /// <summary>The weights go when the last expert's contexts let go of them.</summary>
    public void Forget(ExpertSpec spec)
    {
        if (_prepared.TryRemove(spec.Id, out var prepared))
            prepared.Model.Dispose();
    }

    public void Dispose() => _phases?.Dispose();

    /// <summary>Measures its speed and, in a process that has hosted nothing yet, has the code of a step compiled.</summary>
    private async Task TryAsync(LlamaModel model, CancellationToken cancellationToken)
    {
        await using var expert = await model.OpenAsync(LoggerOf(model.Spec), isTrial: true, cancellationToken);
        var (request, reply) = (new StepRequest(), new StepReply());
        request.Reset(SessionId.New(), 1, 0);
        request.Append([0]);
        await expert.StepAsync(request, reply, cancellationToken);
    }

    private LlamaModel? Find(ExpertSpec spec) =>
        _prepared.TryGetValue(spec.Id, out var prepared) && prepared.Model.Spec == spec && prepared.File == FileStamp.Of(spec.ModelPath) ? prepared.Model : null;

    private InferenceOptions OptionsFor(long mostBytes) =>
        _options with { MemoryBudget = _options.MemoryBudget > 0 ? Math.Min(_options.MemoryBudget, mostBytes) : mostBytes };

    private ILogger LoggerOf(ExpertSpec spec) => _loggers.CreateLogger($"Mesh.Inference.{spec.Id}");

    private readonly record struct FileStamp(long Length, DateTime Written)
    {
        public static FileStamp Of(string path) => new FileInfo(path) is { Exists: true } file ? new(file.Length, file.LastWriteTimeUtc) : default;
    }

    private static InferenceOptions Read(IConfiguration configuration, string baseDirectory)
    {
        var section = configuration.GetSection("Mesh:Inference");
        var options = section.Get<InferenceOptions>() ?? new();
        if (section[nameof(InferenceOptions.ExpertsOnMachine)] is not null || configuration["Mesh:Models"] is not { Length: > 0 } models)
            return options;
        try
        {
            return options with { ExpertsOnMachine = ModelCatalog.Read(models, baseDirectory).Count };
        }
        catch (CatalogException)
        {
            return options;
        }
    }

    private sealed class Backend(LlamaExpert expert) : IExpertBackend
    {
        public ModelCard Card => expert.Card;

        public int ActiveSessions => expert.ActiveSessions;

        public TimeSpan Stalled => expert.Stalled;

        public Alignment? Alignment => expert.Alignment;

        public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken) =>
            expert.StepAsync(request, reply, cancellationToken);

        public void Release(SessionId session) => expert.Release(session);

        public Task<float[]> EmbedAsync(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken) => expert.EmbedAsync(tokens, cancellationToken);

        public Task DrainAsync(CancellationToken cancellationToken) => expert.DrainAsync(cancellationToken);

        public ValueTask DisposeAsync() => expert.DisposeAsync();
    }
}
