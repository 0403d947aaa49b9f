using Mesh.Contracts.Experts;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Experts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Ensemble.Tests.TokenLoop;

public sealed class PaceTests
{
    private const int Tokens = 12;
    private static readonly GenerationRequest Request = new() { Prompt = new[] { 3, 4, 5 }, EndTokens = new HashSet<int>(), MaxTokens = Tokens, Sampling = new() { Seed = 1 } };

    [Fact]
    public async Task A_generation_that_stands_still_has_asked_nobody_ahead()
    {
        var expert = new ToyExpert(ExpertId.Parse("a"), new(40, 1));
        var pace = new HandPace();
        await using var events = Loop(expert).RunAsync(Request with { Pace = pace }).GetAsyncEnumerator();
        for (var token = 0; token < Tokens; token++)
        {
            var next = events.MoveNextAsync();
            Assert.False(next.IsCompleted);
            Assert.Equal(token, expert.Steps);
            Assert.Equal(token == 0 ? Request.Prompt.Length : 1, pace.Asked);
            pace.Admit();
            Assert.True(await next);
            Assert.Equal(0, pace.Running);
        }
        Assert.False(await events.MoveNextAsync());
    }

    [Fact]
    public async Task The_text_is_the_same_as_without()
    {
        var pace = new HandPace { IsOpen = true };
        Assert.Equal(await TextAsync(Request), await TextAsync(Request with { Pace = pace }));
        Assert.Equal(0, pace.Running);

        static async Task<List<int>> TextAsync(GenerationRequest request)
        {
            var text = new List<int>();
            await foreach (var e in Loop(new(ExpertId.Parse("a"), new(40, 1))).RunAsync(request))
                text.Add(e.Token);
            return text;
        }
    }

    [Fact]
    public async Task One_that_is_given_up_while_it_stands_still_frees_its_experts()
    {
        var expert = new ToyExpert(ExpertId.Parse("a"), new(40, 1));
        var pace = new HandPace();
        using var leave = new CancellationTokenSource();
        await using var events = Loop(expert).RunAsync(Request with { Pace = pace }, leave.Token).GetAsyncEnumerator();
        var first = events.MoveNextAsync();
        pace.Admit();
        await first;
        var second = events.MoveNextAsync().AsTask();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal((0, 0), (expert.Sessions, pace.Running));
    }

    private static EnsembleTokenLoop Loop(ToyExpert expert) => new(SimulatedPool.Of(expert), new(), TimeProvider.System, NullLogger<EnsembleTokenLoop>.Instance);

    private sealed class HandPace : IGenerationPace
    {
        private TaskCompletionSource _next = new();

        public bool IsOpen { get; init; }
        public int Asked { get; private set; }
        public int Running { get; private set; }

        public void Admit() => _next.SetResult();

        public async ValueTask<IDisposable> EnterAsync(int tokens, CancellationToken cancellationToken)
        {
            Asked = tokens;
            if (!IsOpen)
                await _next.Task.WaitAsync(cancellationToken);
            _next = new();
            Running++;
            return new Round(this);
        }

        private sealed class Round(HandPace pace) : IDisposable
        {
            public void Dispose() => pace.Running--;
        }
    }
}
