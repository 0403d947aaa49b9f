using Expert.Worker.Experts;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;

namespace Router.Api.Tests.Experts;

/// <summary>Experts that answer at once; each test says which tokenizer a name has.</summary>
internal sealed class InstantLoader : IExpertLoader
{
    public Func<ExpertId, string> Tokenizer { get; set; } = _ => "common";

    /// <summary>Awaited by every step and every load.</summary>
    public Task StepGate { get; set; } = Task.CompletedTask;

    public Func<ExpertId, Task> LoadGate { get; set; } = _ => Task.CompletedTask;

    public async Task<IExpertBackend> LoadAsync(ExpertSpec spec, long mostBytes, IProgress<float> progress, CancellationToken cancellationToken)
    {
        await LoadGate(spec.Id).WaitAsync(cancellationToken);
        return new Backend(this, spec);
    }

    private sealed class Backend(InstantLoader loader, ExpertSpec spec) : IExpertBackend
    {
        public ModelCard Card { get; } = new()
        {
            Name = spec.Id.Value,
            ModelPath = spec.ModelPath,
            TokenizerFingerprint = loader.Tokenizer(spec.Id),
            VocabularySize = 100,
            ContextLength = 100,
            Parameters = 1,
            MemoryBytes = 1,
            TokensPerSecond = 1,
            PromptTokensPerSecond = 1,
        };

        public int ActiveSessions => 0;

        public async ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
        {
            await loader.StepGate.WaitAsync(cancellationToken);
            reply.Reset(request.Session, request.Turn);
            reply.AddDistribution().Add(request.Tokens[^1], 0f);
        }

        public Task<float[]> EmbedAsync(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken) => Task.FromResult<float[]>([1f, 0f]);

        public void Release(SessionId session)
        {
        }

        public Task DrainAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync() => default;
    }
}
