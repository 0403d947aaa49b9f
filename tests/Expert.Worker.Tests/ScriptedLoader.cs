using Expert.Worker.Experts;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;

namespace Expert.Worker.Tests;

/// <summary>Backends whose steps the test performs: by default each is answered at once with one distribution.</summary>
internal sealed class ScriptedLoader : IExpertLoader
{
    public Func<StepRequest, StepReply, CancellationToken, ValueTask> OnStep { get; set; } = (request, reply, _) =>
    {
        Answer(request, reply);
        return default;
    };

    public Func<CancellationToken, Task> OnLoad { get; set; } = _ => Task.CompletedTask;

    public long MemoryBytes { get; set; } = 1 << 20;

    public List<SessionId> Released { get; } = [];

    public TimeSpan Stalled { get; set; }

    public int Disposed;

    public int Loads;

    public static void Answer(StepRequest request, StepReply reply)
    {
        reply.Reset(request.Session, request.Turn);
        var distribution = reply.AddDistribution();
        distribution.Add(request.Tokens[^1], -0.5f);
        distribution.Tail = 0.3f;
    }

    public async Task<IExpertBackend> LoadAsync(ExpertSpec spec, long mostBytes, IProgress<float> progress, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Loads);
        progress.Report(0.5f);
        await OnLoad(cancellationToken);
        return new Backend(this, spec);
    }

    private sealed class Backend(ScriptedLoader loader, ExpertSpec spec) : IExpertBackend
    {
        private int _running;

        public ModelCard Card { get; } = new()
        {
            Name = spec.Id.Value,
            ModelPath = spec.ModelPath,
            TokenizerFingerprint = "f",
            VocabularySize = 100,
            ContextLength = 100,
            Parameters = 1,
            MemoryBytes = loader.MemoryBytes,
            TokensPerSecond = 1,
            PromptTokensPerSecond = 1,
        };

        public int ActiveSessions => _running;

        public TimeSpan Stalled => loader.Stalled;

        public async ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _running);
            try
            {
                await loader.OnStep(request, reply, cancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }

        public Task<float[]> EmbedAsync(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken) => Task.FromResult<float[]>([1f, 0f]);

        public void Release(SessionId session)
        {
            lock (loader.Released)
                loader.Released.Add(session);
        }

        public async Task DrainAsync(CancellationToken cancellationToken)
        {
            while (Volatile.Read(ref _running) > 0)
                await Task.Delay(1, cancellationToken);
        }

        public ValueTask DisposeAsync()
        {
            Interlocked.Increment(ref loader.Disposed);
            return default;
        }
    }
}
