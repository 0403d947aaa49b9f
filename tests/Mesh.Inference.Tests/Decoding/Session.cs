using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Inference.Tests.Decoding;

/// <summary>One session at an expert, as a token loop would drive it.</summary>
internal sealed class Session(LlamaExpert expert)
{
    private readonly StepRequest _request = new();
    private uint _turn;

    public SessionId Id { get; } = SessionId.New();
    public StepReply Reply { get; } = new();

    public static Task<LlamaExpert> LoadAsync(string model, InferenceOptions? options = null, Func<ExpertSpec, ExpertSpec>? with = null)
    {
        var spec = new ExpertSpec { Id = ExpertId.Parse("test"), ModelPath = model };
        return LlamaExpert.LoadAsync(with?.Invoke(spec) ?? spec, options ?? new(), NullLogger.Instance).WaitAsync(TimeSpan.FromMinutes(1));
    }

    public async Task<StepReply> StepAsync(
        int position, int[] tokens, int drafts = 0, int scores = 0, int continuation = 0, (float Temperature, ulong Key) draws = default, CancellationToken cancellationToken = default)
    {
        _request.Reset(Id, ++_turn, position);
        _request.Append(tokens);
        (_request.Drafts, _request.Scores, _request.Continuation) = (drafts, scores, continuation);
        (_request.DraftTemperature, _request.DraftKey) = draws;
        await expert.StepAsync(_request, Reply, cancellationToken).AsTask().WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.Equal((Id, _turn), (Reply.Session, Reply.Turn));
        return Reply;
    }

    /// <summary>Greedy tokens after a prompt, one step each.</summary>
    public async Task<List<int>> GreedyAsync(int[] prompt, int count, IReadOnlySet<int>? until = null)
    {
        var tokens = new List<int>();
        var (position, next) = (0, prompt);
        for (; ; )
        {
            await StepAsync(position, next, scores: position == 0 ? 0 : 1);
            Assert.Equal(StepStatus.Ok, Reply.Status);
            position += next.Length;
            var best = Best(Reply.Distributions[^1]);
            if (until?.Contains(best) is true)
                return tokens;
            tokens.Add(best);
            if (tokens.Count == count)
                return tokens;
            next = [best];
        }
    }

    public void Release() => expert.Release(Id);

    public static int Best(SparseDistribution distribution)
    {
        var best = 0;
        for (var i = 1; i < distribution.Count; i++)
            if (distribution.LogProbabilities[i] > distribution.LogProbabilities[best])
                best = i;
        return distribution.Ids[best];
    }

    /// <summary>
    /// How far a single log-probability may be off, in nats. Where a token's K and V lie in the cache decides the order of sums; these models round
    /// activations to 8 bits between layers, and one such rounding that falls the other way is seen in the logits (measured: 0.11 at most, in random text).
    /// A wrong token anywhere in the context makes whole nats.
    /// </summary>
    public const double Noise = 0.3;

    /// <summary>Listed tokens have their log-probabilities, and what is not listed is as little as the tail says.</summary>
    public static void AssertNear(double[] expected, SparseDistribution found)
    {
        var (listed, off) = (0d, 0d);
        for (var i = 0; i < found.Count; i++)
        {
            Assert.Equal(expected[found.Ids[i]], found.LogProbabilities[i], Noise);
            off += Math.Abs(expected[found.Ids[i]] - found.LogProbabilities[i]);
            listed += Math.Exp(expected[found.Ids[i]]);
        }
        Assert.InRange(off / found.Count, 0, Noise / 4);
        Assert.Equal(1 - listed, found.Tail, Noise / 4);
    }
}

/// <summary>The arithmetic expert, its bare reference and its tokenizer, loaded once for a class of tests.</summary>
public class ArithmeticFixture : IAsyncLifetime
{
    /// <summary>Too small a cache for a stream of cells for every session, so that all share one.</summary>
    internal static readonly InferenceOptions SharedCache = new() { CacheBytes = 16 << 20 };

    private protected virtual InferenceOptions Options { get; } = new();

    internal LlamaExpert Expert { get; private set; } = null!;
    internal BareLoop Bare { get; private set; } = null!;
    internal Mesh.Inference.Tokenizer.ModelTokenizer Tokenizer { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Expert = await Session.LoadAsync(TestModels.Arithmetic, Options);
        Bare = new(TestModels.Arithmetic);
        Tokenizer = Mesh.Inference.Tokenizer.ModelTokenizer.Load(TestModels.Arithmetic);
    }

    public async Task DisposeAsync()
    {
        await Expert.DisposeAsync();
        Bare.Dispose();
        Tokenizer.Dispose();
    }
}

public sealed class SharedCacheFixture : ArithmeticFixture
{
    private protected override InferenceOptions Options => SharedCache;
}
