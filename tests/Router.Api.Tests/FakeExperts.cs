using Mesh.Testing;
using System.Collections.Immutable;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Ensemble.Experts;
using Mesh.Inference;
using Mesh.Inference.Tokenizer;
using Mesh.Simulation.Experts;
using Router.Api.Embeddings;
using Router.Api.Experts;

namespace Router.Api.Tests;

/// <summary>A directory and pool of experts that were never loaded, with the tokenizer of the embedded models.</summary>
internal sealed class FakeExperts : IExpertDirectory, IExpertPool, IEmbedder
{
    private readonly Dictionary<ExpertId, ExpertStatus> _known = [];
    private readonly HashSet<ExpertId> _offline = [];
    private readonly Dictionary<ExpertId, ExpertPeer> _real = [];
    private ImmutableArray<ExpertPeer> _peers = [];

    public FakeExperts(params string[] ready)
    {
        foreach (var name in ready)
            Put(name, ExpertState.Ready);
    }

    public static ModelTokenizer Tokenizer { get; } = ModelTokenizer.Load(Checkout.Model("generalist"));

    /// <summary>What people govern, as the registry was told last.</summary>
    public (IReadOnlyList<ExpertSpec> Admitted, IReadOnlyList<ExpertId> Removed)? Governed { get; private set; }

    public Func<ExpertSpec, ExpertStatus>? OnRegister { get; set; }

    public ImmutableArray<ExpertPeer> Peers => _peers;

    public string? TokenizerFingerprint => _known.Values.Any(e => e.State == ExpertState.Ready) ? Tokenizer.Fingerprint : null;

    public string? TokenizerModelPath => TokenizerFingerprint is null ? null : Checkout.Model("generalist");

    public void Put(string name, ExpertState state, string? reason = null) => Set(new()
    {
        Id = ExpertId.Parse(name),
        State = state,
        Reason = reason,
        Worker = "worker-1",
        Model = state == ExpertState.Ready ? Card(name) : null,
    });

    /// <summary>An expert that was loaded after all.</summary>
    public void Put(LlamaExpert expert)
    {
        _real[expert.Expert] = new(expert.Card, expert);
        Set(new() { Id = expert.Expert, State = ExpertState.Ready, Model = expert.Card, Worker = "here" });
    }

    /// <summary>A toy that speaks the tokens of the embedded models, at random.</summary>
    /// <param name="parameters">How large it claims to be.</param>
    /// <param name="around">What is asked instead of the toy itself.</param>
    public void PutToy(string name, int seed, long parameters = 1, Func<ToyExpert, IExpertChannel>? around = null)
    {
        var toy = new ToyExpert(ExpertId.Parse(name), new(Tokenizer.VocabularySize, seed), contextLength: 512, entries: 64);
        var card = toy.Card with { TokenizerFingerprint = Tokenizer.Fingerprint, ModelPath = Checkout.Model("generalist"), Parameters = parameters };
        _real[toy.Expert] = new(card, around?.Invoke(toy) ?? toy);
        Toys.Add(toy);
        Set(new() { Id = toy.Expert, State = ExpertState.Ready, Model = card, Worker = "here" });
    }

    public void Align(string name, Alignment? alignment) => Set(_known[ExpertId.Parse(name)] with { Alignment = alignment });

    public List<ToyExpert> Toys { get; } = [];

    /// <summary>What happens while texts are embedded.</summary>
    public Func<Task>? OnEmbed { get; set; }

    public async Task<IReadOnlyList<float[]>> EmbedAsync(ExpertPeer expert, IReadOnlyList<int[]> texts, CancellationToken cancellationToken)
    {
        await (OnEmbed?.Invoke() ?? Task.CompletedTask);
        return expert.Channel is LlamaExpert real ? await Task.WhenAll(texts.Select(text => real.EmbedAsync(text, cancellationToken))) : [.. texts.Select(Vector)];
    }

    public IReadOnlyList<ExpertStatus> List() => [.. _known.Values];

    public bool IsOffline(ExpertId id) => _offline.Contains(id);

    public Task<ExpertStatus> RegisterAsync(ExpertSpec spec, CancellationToken cancellationToken)
    {
        var status = OnRegister?.Invoke(spec) ?? new ExpertStatus { Id = spec.Id, State = ExpertState.Loading };
        Set(status);
        return Task.FromResult(status);
    }

    public Task<bool> RemoveAsync(ExpertId id, CancellationToken cancellationToken)
    {
        var known = _known.Remove(id);
        Rebuild();
        return Task.FromResult(known);
    }

    public Task<bool> SetOfflineAsync(ExpertId id, bool offline, CancellationToken cancellationToken)
    {
        if (!_known.ContainsKey(id))
            return Task.FromResult(false);
        _ = offline ? _offline.Add(id) : _offline.Remove(id);
        Rebuild();
        return Task.FromResult(true);
    }

    public Task GovernAsync(IReadOnlyList<ExpertSpec> admitted, IReadOnlyList<ExpertId> removed, CancellationToken cancellationToken)
    {
        Governed = (admitted, removed);
        return Task.CompletedTask;
    }

    public Task WaitUntilReadyAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task WaitForChangeAsync(ImmutableArray<ExpertPeer> seen, CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);

    /// <summary>Of its vectors.</summary>
    public int Dimensions { get; set; } = 256;

    /// <summary>Which tokens occur: texts that share some are alike.</summary>
    private float[] Vector(int[] text)
    {
        var vector = new float[Dimensions];
        foreach (var token in text)
            vector[token % Dimensions]++;
        var norm = MathF.Sqrt(vector.Sum(v => v * v));
        return [.. vector.Select(v => v / norm)];
    }

    private void Set(ExpertStatus status)
    {
        _known[status.Id] = status;
        Rebuild();
    }

    private void Rebuild() => _peers =
    [
        .. _known.Values.Where(e => e.State == ExpertState.Ready && !_offline.Contains(e.Id))
            .Select(e => _real.GetValueOrDefault(e.Id) ?? new(e.Model!, new DeadChannel(e.Id))),
    ];

    private static ModelCard Card(string name) => new()
    {
        Name = name,
        ModelPath = Checkout.Model("generalist"),
        TokenizerFingerprint = Tokenizer.Fingerprint,
        VocabularySize = Tokenizer.VocabularySize,
        ContextLength = 512,
        Parameters = 4_900_000,
        MemoryBytes = 9_000_000,
        TokensPerSecond = 1000,
        PromptTokensPerSecond = 5000,
    };

    private sealed class DeadChannel(ExpertId id) : IExpertChannel
    {
        public ExpertId Expert => id;

        public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken) =>
            throw new ExpertUnreachableException(id, "it is a fake");

        public void Release(SessionId session)
        {
        }
    }
}
