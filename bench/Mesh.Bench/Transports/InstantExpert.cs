using Expert.Worker.Experts;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;

namespace Mesh.Bench.Transports;

/// <summary>
/// An expert that answers at once with a distribution like a small model's: some 70 tokens of 4,096, probabilities falling with their rank, others for every
/// position. It allocates nothing.
/// </summary>
internal sealed class InstantExpert : IExpertBackend, IExpertChannel
{
    private const int Distinct = 64, Entries = 70, Vocabulary = 4096;
    private readonly SparseDistribution[] _answers;

    public InstantExpert(ExpertId id, int seed)
    {
        Expert = id;
        var random = new Random(seed);
        _answers = [.. Enumerable.Range(0, Distinct).Select(_ => Make(random))];
    }

    public ExpertId Expert { get; }

    public ModelCard Card => new()
    {
        Name = Expert.Value, ModelPath = "none", TokenizerFingerprint = "instant", VocabularySize = Vocabulary, ContextLength = 1 << 16, Parameters = 1, MemoryBytes = 1,
        TokensPerSecond = 1e6f, PromptTokensPerSecond = 1e6f,
    };

    public int ActiveSessions => 0;

    public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        reply.Reset(request.Session, request.Turn);
        for (var i = 0; i < request.Scores; i++)
            reply.AddScore(-1.5f);
        for (var i = 0; i <= request.Drafts; i++)
            reply.AddDistribution().CopyFrom(_answers[(request.Position + request.TokenCount - request.Drafts + i) % Distinct]);
        return default;
    }

    public void Release(SessionId session)
    {
    }

    public Task<float[]> EmbedAsync(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken) => Task.FromResult(new float[] { 1 });

    public Task DrainAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => default;

    private static SparseDistribution Make(Random random)
    {
        var ids = new SortedSet<int>();
        while (ids.Count < Entries)
            ids.Add(random.Next(Vocabulary));
        var ranks = Enumerable.Range(1, Entries).ToArray();
        random.Shuffle(ranks);
        var scale = 0.85 / Enumerable.Range(1, Entries).Sum(r => Math.Pow(r, -1.3));
        var (made, i) = (new SparseDistribution { Tail = 0.15f }, 0);
        foreach (var id in ids)
            made.Add(id, (float)Math.Log(scale * Math.Pow(ranks[i++], -1.3)));
        return made;
    }
}

internal sealed class InstantLoader : IExpertLoader
{
    public Task<IExpertBackend> LoadAsync(ExpertSpec spec, long mostBytes, IProgress<float> progress, CancellationToken cancellationToken) =>
        Task.FromResult<IExpertBackend>(new InstantExpert(spec.Id, spec.Id.Value.GetHashCode(StringComparison.Ordinal) & 0xffff));
}
