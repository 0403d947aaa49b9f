using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Inference;
using Microsoft.Extensions.Logging.Abstractions;

namespace Router.Api.Tests.Experts;

/// <summary>One channel to the embedded lexicon expert, kept for a class of tests.</summary>
public interface IChannelFixture
{
    /// <summary>Why there is no such channel here, or null.</summary>
    string? Missing { get; }

    IExpertChannel Channel { get; }
}

/// <summary>What every channel does, whatever lies between the caller and the model.</summary>
public abstract class ExpertChannelContract(IChannelFixture fixture) : IAsyncLifetime
{
    private static readonly SemaphoreSlim Loading = new(1);
    private static LlamaExpert? _reference;

    private IExpertChannel Channel => fixture.Channel;

    public async Task InitializeAsync()
    {
        await Loading.WaitAsync();
        try
        {
            _reference ??= await LlamaExpert.LoadAsync(WorkerHost.Spec("lexicon"), new(), NullLogger.Instance);
        }
        finally
        {
            Loading.Release();
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [SkippableFact]
    public async Task A_prompt_is_answered_as_the_model_itself_answers_it()
    {
        Skip.If(fixture.Missing is not null, fixture.Missing);
        var (asked, expected) = (Request(Prompt(1, 40), drafts: 3, scores: 39, continuation: 4), new StepReply());
        await _reference!.StepAsync(asked, expected, CancellationToken.None);
        _reference.Release(asked.Session);
        var reply = await StepAsync(Request(Prompt(1, 40), drafts: 3, scores: 39, continuation: 4));
        Assert.Equal(StepStatus.Ok, reply.Status);
        Assert.Equal(4, reply.DistributionCount);
        Assert.Equal(expected.Continuation.ToArray(), reply.Continuation.ToArray());
        Assert.Equal(expected.ScoreCount, reply.ScoreCount);
        for (var i = 0; i < expected.ScoreCount; i++)
            Assert.Equal(expected.Scores[i], reply.Scores[i], 1e-2f);
        for (var i = 0; i < 4; i++)
            AssertAlike(expected.Distributions[i], reply.Distributions[i]);
    }

    [SkippableFact]
    public async Task Many_sessions_at_once_each_get_their_own_answers()
    {
        Skip.If(fixture.Missing is not null, fixture.Missing);
        await Task.WhenAll(Enumerable.Range(0, 24).Select(async n =>
        {
            var request = Request(Prompt(n, 8));
            for (var turn = 1u; turn <= 6; turn++)
            {
                request.Turn = turn;
                var reply = await StepAsync(request);
                Assert.Equal((request.Session, turn, StepStatus.Ok), (reply.Session, reply.Turn, reply.Status));
                var next = Top(reply.Distributions[0]);
                var position = request.Position + request.TokenCount;
                request.Reset(request.Session, turn, position);
                request.Append(next);
                request.Scores = 1;
            }
            Channel.Release(request.Session);
        })).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [SkippableFact]
    public async Task Tokens_that_the_expert_lacks_are_asked_for()
    {
        Skip.If(fixture.Missing is not null, fixture.Missing);
        var request = new StepRequest();
        request.Reset(SessionId.New(), 1, 10);
        request.Append(Prompt(0, 3));
        var reply = await StepAsync(request);
        Assert.Equal((StepStatus.NeedFrom, 0), (reply.Status, reply.NeedFrom));
    }

    [SkippableFact]
    public async Task A_token_outside_the_vocabulary_is_refused()
    {
        Skip.If(fixture.Missing is not null, fixture.Missing);
        Assert.Equal(StepStatus.Refused, (await StepAsync(Request([StepLimits.Vocabulary - 1]))).Status);
    }

    [SkippableFact]
    public async Task The_same_step_again_gives_the_same_answer()
    {
        Skip.If(fixture.Missing is not null, fixture.Missing);
        var request = Request(Prompt(7, 20));
        var first = await StepAsync(request);
        request.Turn++;
        var second = await StepAsync(request);
        AssertAlike(first.Distributions[0], second.Distributions[0]);
        Channel.Release(request.Session);
    }

    [SkippableFact]
    public async Task A_session_survives_a_step_that_its_caller_gave_up()
    {
        Skip.If(fixture.Missing is not null, fixture.Missing);
        var request = Request(Prompt(3, 400));
        for (var i = 0; i < 10; i++)
        {
            using var given = new CancellationTokenSource(TimeSpan.FromMilliseconds(i));
            try
            {
                await Channel.StepAsync(request, new StepReply(), given.Token);
            }
            catch (OperationCanceledException)
            {
                // Given up before the answer: the expert may go on with it.
            }
            request.Turn++;
        }
        Assert.Equal(StepStatus.Ok, (await StepAsync(request)).Status);
        Channel.Release(request.Session);
    }

    [SkippableFact]
    public async Task A_released_session_is_forgotten()
    {
        Skip.If(fixture.Missing is not null, fixture.Missing);
        var request = Request(Prompt(5, 16));
        await StepAsync(request);
        Channel.Release(request.Session);
        var after = new StepRequest();
        var reply = new StepReply();
        var limit = DateTime.UtcNow.AddSeconds(20);
        for (var turn = 2u; reply.Status != StepStatus.NeedFrom; turn++)
        {
            Assert.True(DateTime.UtcNow < limit, "The session was still there after 20 s.");
            after.Reset(request.Session, turn, 16);
            after.Append(Prompt(5, 1));
            reply = await StepAsync(after);
            if (reply.Status == StepStatus.Ok)
                Channel.Release(request.Session);
        }
    }

    protected static StepRequest Request(ReadOnlySpan<int> tokens, int drafts = 0, int scores = 0, int continuation = 0)
    {
        var request = new StepRequest();
        request.Reset(SessionId.New(), 1, 0);
        request.Append(tokens);
        (request.Drafts, request.Scores, request.Continuation) = (drafts, scores, continuation);
        return request;
    }

    protected static int[] Prompt(int seed, int length)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(300, 2000))];
    }

    private async Task<StepReply> StepAsync(StepRequest request)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var reply = new StepReply();
        await Channel.StepAsync(request, reply, limit.Token);
        return reply;
    }

    private static int Top(SparseDistribution distribution) => distribution.Ids[distribution.LogProbabilities.IndexOf(Max(distribution))];

    private static float Max(SparseDistribution distribution) => Enumerable.Max(distribution.LogProbabilities.ToArray());

    /// <summary>Equal but for quantisation and for the order of floating-point sums in other batches.</summary>
    private static void AssertAlike(SparseDistribution expected, SparseDistribution actual)
    {
        var got = new Dictionary<int, float>();
        for (var i = 0; i < actual.Count; i++)
            got.Add(actual.Ids[i], actual.LogProbabilities[i]);
        for (var i = 0; i < expected.Count; i++)
            if (expected.LogProbabilities[i] > -6f)
                Assert.Equal(expected.LogProbabilities[i], got[expected.Ids[i]], SparseCodec.MaxError + 2e-2f);
        Assert.Equal(expected.Tail, actual.Tail, 0.02f);
    }
}
