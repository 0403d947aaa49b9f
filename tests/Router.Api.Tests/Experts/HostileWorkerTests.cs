using System.Collections.Immutable;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Contracts.Streams;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.TokenLoop;
using Mesh.Inference;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static Router.Api.Tests.Experts.HostileWorker;

namespace Router.Api.Tests.Experts;

/// <summary>What a broken or hostile worker may send down a direct stream, and what comes of it: nothing.</summary>
public sealed class HostileWorkerTests
{
    private static readonly int Vocabulary = FakeExperts.Tokenizer.VocabularySize;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Bytes that are no frames: the stream is given up.</summary>
    private static readonly Dictionary<string, Func<StepRequest, byte[]>> Breaking = new()
    {
        ["a length beyond all bounds"] = _ => Frame(uint.MaxValue, 1, []),
        ["a length one over the bound"] = _ => Frame(StreamContract.MostBytes + 1, 1, []),
        ["no length"] = _ => Frame(0, 1, []),
        ["an unknown kind"] = _ => Frame([1, 2, 3], kind: 9),
        ["an error that the worker names"] = _ => Frame("I am broken."u8, kind: 3),
    };

    /// <summary>Frames whose answer cannot be read: the step has failed, the stream goes on.</summary>
    private static readonly Dictionary<string, Func<StepRequest, byte[]>> Unreadable = new()
    {
        ["half an answer"] = r => Frame(Encode(Answer(r)).AsSpan(0, 12)),
        ["a log-probability that is no number"] = r => Frame(Raw(r, float.NaN, [7], 0f)),
        ["a log-probability above 0"] = r => Frame(Raw(r, 0.5f, [7], 0f)),
        ["an id beyond every vocabulary"] = r => Frame(Raw(r, 0f, [1 << 20], 0f)),
        ["ids that wrap around to come out unsorted"] = r => Frame(Raw(r, -1f, [7, uint.MaxValue], 0f)),
        ["more entries than are allowed"] = r => Frame(Raw(r, -9f, new uint[300], 0f)),
        ["more entries announced than sent"] = r => Frame(Raw(r, -1f, [1, 2], 0f, count: 256)),
        ["a tail that is no number"] = r => Frame(Raw(r, 0f, [7], float.NaN)),
        ["a tail above 1"] = r => Frame(Raw(r, 0f, [7], 2f)),
    };

    /// <summary>Answers that can be read and must not be mixed.</summary>
    private static readonly Dictionary<string, Func<StepRequest, byte[]>> Wrong = new()
    {
        ["ids outside of the vocabulary"] = r => Frame(Encode(Answer(r, d => d.Add(Vocabulary, 0f)))),
        ["probabilities that sum to more than 1"] = r => Frame(Encode(Answer(r, d => { d.Add(1, -0.1f); d.Add(2, -0.1f); }))),
        ["mass that is missing"] = r => Frame(Encode(Answer(r, d => d.Add(1, -5f)))),
        ["no distribution"] = r =>
        {
            var answer = new StepReply();
            answer.Reset(r.Session, r.Turn);
            return Frame(Encode(answer));
        },
        ["scores that nobody asked for"] = r =>
        {
            var answer = Answer(r);
            for (var i = 0; i <= r.Scores; i++)
                answer.AddScore(-1f);
            return Frame(Encode(answer));
        },
    };

    public static TheoryData<string> BreakingNames => [.. Breaking.Keys];

    public static TheoryData<string> UnreadableNames => [.. Unreadable.Keys];

    public static TheoryData<string> AllNames => [.. Breaking.Keys, .. Unreadable.Keys, .. Wrong.Keys];

    [Theory, MemberData(nameof(BreakingNames))]
    public async Task Bytes_that_are_no_frames_end_the_stream_with_the_reason(string kind)
    {
        await using var worker = await StartAsync(request => [Breaking[kind](request)]);
        var fault = await Assert.ThrowsAsync<ExpertUnreachableException>(() => StepAsync(worker, Request(1)));
        Assert.NotEmpty(fault.Reason);
        Assert.Equal(fault.Reason, await worker.Channel.Closed.WaitAsync(Limit));
    }

    [Theory, MemberData(nameof(UnreadableNames))]
    public async Task An_answer_that_cannot_be_read_fails_its_step_alone(string kind)
    {
        await using var worker = await StartAsync(request => [request.Turn == 1 ? Unreadable[kind](request) : Frame(Encode(Answer(request)))]);
        var request = Request(1);
        Assert.Equal(StepStatus.Failed, (await StepAsync(worker, request)).Status);
        request.Turn = 2;
        Assert.Equal(StepStatus.Ok, (await StepAsync(worker, request)).Status);
    }

    [Fact]
    public async Task Answers_that_nobody_waits_for_and_second_ones_are_read_past()
    {
        await using var worker = await StartAsync(request =>
        {
            var (other, old, good) = (Answer(request, d => d.Add(1, 0f)), Answer(request, d => d.Add(2, 0f)), Frame(Encode(Answer(request))));
            other.Session = new(request.Session.Value ^ 1);
            old.Turn += 5;
            return [Frame(Encode(other)), Frame(Encode(old)), good, good, good];
        });
        var request = Request(1);
        for (request.Turn = 1; request.Turn < 20; request.Turn++)
        {
            var reply = await StepAsync(worker, request);
            Assert.Equal((request.Turn, StepStatus.Ok, 7), (reply.Turn, reply.Status, reply.Distributions[0].Ids[0]));
        }
    }

    [Fact]
    public async Task A_worker_that_gives_no_sign_of_life_is_dead_and_its_steps_end()
    {
        var time = new FakeTimeProvider();
        await using var worker = await StartAsync(_ => [], time);
        var step = StepAsync(worker, Request(1));
        while (!step.IsCompleted)
        {
            time.Advance(StreamContract.Heartbeat);
            await Task.Delay(1);
        }
        Assert.Contains("no sign of life", (await Assert.ThrowsAsync<ExpertUnreachableException>(() => step)).Reason);
    }

    [Fact]
    public async Task One_that_is_slow_and_lives_is_awaited()
    {
        var time = new FakeTimeProvider();
        HostileWorker? slow = null;
        await using var worker = slow = await StartAsync(SlowAnswer, time);
        Assert.Equal(StepStatus.Ok, (await StepAsync(worker, Request(1))).Status);

        IEnumerable<byte[]> SlowAnswer(StepRequest request)
        {
            for (var beat = 0; beat < 2 * StreamContract.MostSilent; beat++)
            {
                time.Advance(StreamContract.Heartbeat);
                Assert.True(SpinWait.SpinUntil(() => slow!.Channel.Silent > 0, Limit));
                yield return Frame([], kind: (byte)FrameKind.Heartbeat);
                Assert.True(SpinWait.SpinUntil(() => slow!.Channel.Silent == 0, Limit));
            }
            yield return Frame(Encode(Answer(request)));
        }
    }

    [Theory, MemberData(nameof(AllNames))]
    public async Task Beside_an_honest_expert_the_text_is_the_honest_ones(string kind)
    {
        await using var worker = await StartAsync(request => [(Breaking.GetValueOrDefault(kind) ?? Unreadable.GetValueOrDefault(kind) ?? Wrong[kind])(request)]);
        await using var honest = await LlamaExpert.LoadAsync(WorkerHost.Spec("lexicon"), new(), NullLogger.Instance);
        var alone = new ExpertPeer(honest.Card, honest);
        Assert.Equal(Vocabulary, honest.Card.VocabularySize);
        Assert.Equal(await TextAsync(alone), await TextAsync(alone, new(honest.Card with { Name = "hostile" }, worker.Channel)));
    }

    private static async Task<int[]> TextAsync(params ImmutableArray<ExpertPeer> peers)
    {
        var loop = new EnsembleTokenLoop(new FixedPool(peers), new() { K = 2 }, TimeProvider.System, NullLogger<EnsembleTokenLoop>.Instance);
        var request = new GenerationRequest { Prompt = new[] { 300, 400, 500, 600 }, MaxTokens = 12, EndTokens = new HashSet<int>(), Sampling = new() { Temperature = 0 } };
        var tokens = new List<int>();
        using var limit = new CancellationTokenSource(Limit);
        await foreach (var token in loop.RunAsync(request, limit.Token))
            tokens.Add(token.Token);
        return [.. tokens];
    }

    private static StepRequest Request(uint turn)
    {
        var request = new StepRequest();
        request.Reset(SessionId.New(), turn, 0);
        request.Append([300, 301]);
        return request;
    }

    private static async Task<StepReply> StepAsync(HostileWorker worker, StepRequest request)
    {
        using var limit = new CancellationTokenSource(Limit);
        var reply = new StepReply();
        await worker.Channel.StepAsync(request, reply, limit.Token);
        return reply;
    }

    private sealed class FixedPool(ImmutableArray<ExpertPeer> peers) : IExpertPool
    {
        public ImmutableArray<ExpertPeer> Peers => peers;

        public Task WaitForChangeAsync(ImmutableArray<ExpertPeer> seen, CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
