using Mesh.Contracts.Catalog;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Inference;

namespace Expert.Worker.Experts;

/// <summary>Loads GGUF models with llama.cpp. Section <c>Mesh:Inference</c>; the cores are shared among the catalogue's experts unless it says otherwise.</summary>
internal sealed class LlamaExpertLoader(IConfiguration configuration, IHostEnvironment environment, ILoggerFactory loggers) : IExpertLoader
{
    private readonly InferenceOptions _options = Read(configuration, environment.ContentRootPath);

    public async Task<IExpertBackend> LoadAsync(ExpertSpec spec, long mostBytes, IProgress<float> progress, CancellationToken cancellationToken)
    {
        var options = _options with { MemoryBudget = _options.MemoryBudget > 0 ? Math.Min(_options.MemoryBudget, mostBytes) : mostBytes };
        var logger = loggers.CreateLogger($"Mesh.Inference.{spec.Id}");
        return new Backend(await LlamaExpert.LoadAsync(spec, options, logger, progress, cancellationToken));
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

        public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken) =>
            expert.StepAsync(request, reply, cancellationToken);

        public void Release(SessionId session) => expert.Release(session);

        public Task<float[]> EmbedAsync(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken) => expert.EmbedAsync(tokens, cancellationToken);

        public Task DrainAsync(CancellationToken cancellationToken) => expert.DrainAsync(cancellationToken);

        public ValueTask DisposeAsync() => expert.DisposeAsync();
    }
}
