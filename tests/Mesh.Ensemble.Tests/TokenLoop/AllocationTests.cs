using System.Threading.Tasks.Sources;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Experts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Ensemble.Tests.TokenLoop;

[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationCollection;

[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    private const int Window = 150;
#if DEBUG
    private const int MostBytes = 128;  // the compiler makes state machines classes here
#else
    private const int MostBytes = 32;
#endif

    [Theory, InlineData(false, 0), InlineData(true, 0), InlineData(true, 1)]
    public async Task A_token_allocates_next_to_nothing_once_warm(bool asynchronous, double priors)
    {
        var experts = Enumerable.Range(0, 4).Select(i => new ConstantExpert($"e{i}", 512, i, asynchronous)).ToArray();
        var loop = new EnsembleTokenLoop(
            new SimulatedPool(experts.Select(e => new ExpertPeer(e.Card, e))), new() { K = 4, MinimumDeadline = TimeSpan.FromMinutes(1), Fatigue = priors, Exploration = priors }, TimeProvider.System,
            NullLogger<EnsembleTokenLoop>.Instance);
        var (from, least, count) = (0L, long.MaxValue, 0);
        await foreach (var _ in loop.RunAsync(new() { Prompt = new[] { 1 }, EndTokens = new HashSet<int>(), MaxTokens = 2100, Sampling = new() { Seed = 1, TopP = 0.9f } }))
        {
            if (++count % Window != 0)
                continue;
            // The counter is of the whole process: the quietest window is the token loop's own.
            var now = GC.GetTotalAllocatedBytes(precise: true);
            least = Math.Min(least, now - from);
            from = now;
        }
        Assert.InRange(least / (double)Window, 0, MostBytes);
    }

    /// <summary>Answers the same distribution every time, without allocating; asynchronously from the thread pool if wanted.</summary>
    private sealed class ConstantExpert : IExpertChannel, IValueTaskSource, IThreadPoolWorkItem
    {
        private readonly SparseDistribution _distribution = new();
        private readonly bool _asynchronous;
        private ManualResetValueTaskSourceCore<bool> _source;

        public ConstantExpert(string name, int vocabulary, int seed, bool asynchronous)
        {
            (Expert, _asynchronous) = (ExpertId.Parse(name), asynchronous);
            var toy = new ToyExpert(Expert, new(vocabulary, seed));
            Card = toy.Card;
            var (request, reply) = (new StepRequest(), new StepReply());
            request.Reset(new(1), 1, 0);
            request.Append(1);
            Assert.True(toy.StepAsync(request, reply, CancellationToken.None).IsCompletedSuccessfully);
            _distribution.CopyFrom(reply.Distributions[0]);
        }

        public ExpertId Expert { get; }
        public ModelCard Card { get; }

        public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
        {
            reply.Reset(request.Session, request.Turn);
            reply.AddDistribution().CopyFrom(_distribution);
            for (var i = 0; i < request.Scores; i++)
                reply.AddScore(-2);
            if (!_asynchronous)
                return default;
            _source.Reset();
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return new(this, _source.Version);
        }

        public void Release(SessionId session)
        {
        }

        public void Execute() => _source.SetResult(true);
        public void GetResult(short token) => _source.GetResult(token);
        public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _source.OnCompleted(continuation, state, token, flags);
    }
}
