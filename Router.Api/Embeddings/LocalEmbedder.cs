using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Inference;
using Microsoft.Extensions.Options;
using Router.Api.Errors;
using Router.Api.Hosting;

namespace Router.Api.Embeddings;

/// <summary>
/// Embeds in this process, with the expert's own model file, which must be within reach and small enough. Keeps the model that was used last; its
/// weights are mapped, so a worker on the same machine shares them.
/// </summary>
internal sealed partial class LocalEmbedder(IOptions<RouterOptions> options, ILogger<LocalEmbedder> log) : IEmbedder, IAsyncDisposable
{
    private static readonly InferenceOptions Inference = new() { MaxSequences = 1 };

    private readonly SemaphoreSlim _turn = new(1, 1);
    private LlamaExpert? _loaded;

    public async Task<float[]> EmbedAsync(ExpertPeer expert, ReadOnlyMemory<int> tokens, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_loaded?.Card.ModelPath != expert.Card.ModelPath)
                await LoadAsync(expert, cancellationToken);
            return await _loaded!.EmbedAsync(tokens, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_loaded is not null)
            await _loaded.DisposeAsync();
        _turn.Dispose();
    }

    private async Task LoadAsync(ExpertPeer expert, CancellationToken cancellationToken)
    {
        if (expert.Card.MemoryBytes > options.Value.MaxEmbeddingModelBytes)
            throw ApiErrors.NoExperts($"The model of '{expert.Id}' is too large to embed with in the router ({RouterOptions.Section}:{nameof(RouterOptions.MaxEmbeddingModelBytes)}).");
        var old = _loaded;
        _loaded = null;
        if (old is not null)
            await old.DisposeAsync();
        try
        {
            var spec = new ExpertSpec { Id = expert.Id, ModelPath = expert.Card.ModelPath, ContextLength = expert.Card.ContextLength };
            var loaded = await LlamaExpert.LoadAsync(spec, Inference, log, cancellationToken: cancellationToken);
            if (loaded.Card.TokenizerFingerprint == expert.Card.TokenizerFingerprint)
            {
                _loaded = loaded;
                return;
            }
            await loaded.DisposeAsync();
            throw new ModelLoadException("The file has another tokenizer than the expert.");
        }
        catch (ModelLoadException e)
        {
            LogUnusable(e, expert.Card.ModelPath);
            throw ApiErrors.NoExperts($"The model of '{expert.Id}' cannot be read by the router.");
        }
    }

    [LoggerMessage(LogLevel.Error, "The model {Path} cannot be used for embeddings")]
    private partial void LogUnusable(Exception e, string path);
}
