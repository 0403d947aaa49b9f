using System.Buffers;
using CsCheck;
using Mesh.Contracts.Steps;

namespace Mesh.Contracts.Tests.Steps;

public sealed class StepCodecTests
{
    private static readonly Gen<StepRequest> Requests =
        from session in Gen.ULong
        from turn in Gen.UInt
        from position in Gen.Int[0, StepLimits.Tokens]
        from tokens in Gen.Int[0, StepLimits.Vocabulary - 1].Array[1, 200]
        from drafts in Gen.Int[0, Math.Min(tokens.Length - 1, StepLimits.Drafts)]
        from scores in Gen.Int[0, tokens.Length]
        from continuation in Gen.Int[0, StepLimits.Drafts]
        select Request(session, turn, position, tokens, drafts, scores, continuation);

    private static readonly Gen<StepReply> Replies =
        from session in Gen.ULong
        from turn in Gen.UInt
        from status in Gen.Enum<StepStatus>()
        from need in Gen.Int[0, StepLimits.Tokens]
        from scores in Gen.Float[-40f, 0f].Array[0, 100]
        from distributions in SparseCodecTests.Distributions.Array[0, 4]
        from continuation in Gen.Int[0, StepLimits.Vocabulary - 1].Array[0, StepLimits.Drafts]
        select Reply(session, turn, status, need, scores, distributions, continuation);

    [Fact]
    public void A_batch_of_requests_comes_back_as_it_was() => Requests.Array[1, 5].Sample(batch =>
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var request in batch)
            StepCodec.Write(request, buffer);
        var rest = buffer.WrittenSpan;
        var read = new StepRequest();
        foreach (var sent in batch)
        {
            Assert.True(StepCodec.TryRead(ref rest, read, out var error), error);
            Assert.Equal((sent.Session, sent.Turn, sent.Position, sent.Drafts, sent.Scores, sent.Continuation, sent.DraftTemperature, sent.DraftKey),
                (read.Session, read.Turn, read.Position, read.Drafts, read.Scores, read.Continuation, read.DraftTemperature, read.DraftKey));
            Assert.Equal(sent.Tokens.ToArray(), read.Tokens.ToArray());
        }
        Assert.Equal(0, rest.Length);
    });

    [Theory, InlineData(float.NaN), InlineData(float.PositiveInfinity), InlineData(-0.1f), InlineData(2.1f)]
    public void A_temperature_that_is_none_is_refused(float temperature)
    {
        var request = Request(1, 3, 0, [5], 0, 0, continuation: 2);
        request.DraftTemperature = temperature;
        var buffer = new ArrayBufferWriter<byte>();
        StepCodec.Write(request, buffer);
        var rest = buffer.WrittenSpan;
        Assert.False(StepCodec.TryRead(ref rest, new StepRequest(), out var error));
        Assert.Contains("temperature", error);
    }

    [Fact]
    public void A_reply_comes_back_with_exact_scores() => Replies.Sample(sent =>
    {
        var buffer = new ArrayBufferWriter<byte>();
        StepCodec.Write(sent, buffer);
        var rest = buffer.WrittenSpan;
        var read = new StepReply();
        Assert.True(StepCodec.TryRead(ref rest, read, out var error), error);
        Assert.Equal(0, rest.Length);
        Assert.Equal((sent.Session, sent.Turn, sent.Status, sent.NeedFrom), (read.Session, read.Turn, read.Status, read.NeedFrom));
        Assert.Equal(sent.Scores.ToArray(), read.Scores.ToArray());
        Assert.Equal(sent.Continuation.ToArray(), read.Continuation.ToArray());
        Assert.Equal(sent.DistributionCount, read.DistributionCount);
        Assert.Equal(buffer.WrittenCount, read.WireBytes);
    });

    [Fact]
    public void Reading_and_writing_a_warm_step_allocates_nothing()
    {
        var request = Request(1, 2, 3, [4], 0, 1, 0);
        var reply = Reply(1, 2, StepStatus.Ok, 0, [-1f], [SparseCodecTests.Distributions.Single()], []);
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        var (readRequest, readReply) = (new StepRequest(), new StepReply());
        Pass();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Pass();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Pass()
        {
            buffer.ResetWrittenCount();
            StepCodec.Write(request, buffer);
            StepCodec.Write(reply, buffer);
            var rest = buffer.WrittenSpan;
            if (!StepCodec.TryRead(ref rest, readRequest, out _) || !StepCodec.TryRead(ref rest, readReply, out _))
                throw new InvalidOperationException("The round trip failed.");
        }
    }

    [Theory]
    [InlineData(0, 0, 0)] // no token
    [InlineData(1, 1, 0)] // nothing but drafts
    [InlineData(1, 0, 2)] // more scores than tokens
    public void A_request_that_makes_no_sense_is_refused(int tokens, int drafts, int scores)
    {
        var buffer = new ArrayBufferWriter<byte>();
        StepCodec.Write(Request(1, 1, 0, new int[tokens], drafts, scores, 0), buffer);
        var rest = buffer.WrittenSpan;
        Assert.False(StepCodec.TryRead(ref rest, new StepRequest(), out var error));
        Assert.NotNull(error);
    }

    /// <summary>Random bytes, and good messages with bytes changed, cut or added: always an answer, and what is accepted keeps every promise.</summary>
    [Fact]
    public void Ten_thousand_hostile_frames_are_refused_or_harmless()
    {
        var random = new Random(20261123);
        var (request, reply) = (new StepRequest(), new StepReply());
        for (var i = 0; i < 10_000; i++)
        {
            var frame = i % 2 == 0 ? RandomBytes(random) : Mutate(random, Good(i));
            ReadOnlySpan<byte> rest = frame;
            if (StepCodec.TryRead(ref rest, request, out var why))
                Assert.True(request.TokenCount > request.Drafts && request.Scores <= request.TokenCount);
            else
                Assert.False(string.IsNullOrEmpty(why));
            rest = frame;
            if (!StepCodec.TryRead(ref rest, reply, out why))
            {
                Assert.False(string.IsNullOrEmpty(why));
                continue;
            }
            foreach (var distribution in reply.Distributions)
            {
                Assert.Equal(distribution.Ids.ToArray().Distinct().Order(), distribution.Ids.ToArray());
                Assert.All(distribution.LogProbabilities.ToArray(), log => Assert.True(float.IsFinite(log) && log <= 0f));
                Assert.InRange(distribution.Tail, 0f, 1f);
            }
        }
    }

    private static byte[] RandomBytes(Random random)
    {
        var bytes = new byte[random.Next(0, 400)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Good(int seed)
    {
        var buffer = new ArrayBufferWriter<byte>();
        if (seed % 4 == 1)
            StepCodec.Write(Request((ulong)seed, 1, 7, [1, 2, 300, 4000], 1, 2, 3), buffer);
        else
        {
            var distribution = new SparseDistribution { Tail = 0.1f };
            for (var id = 0; id < 40; id++)
                distribution.Add(id * 97, -0.1f * id);
            StepCodec.Write(Reply((ulong)seed, 1, StepStatus.Ok, 0, [-1f, -2f], [distribution], [5, 6]), buffer);
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Mutate(Random random, byte[] frame)
    {
        for (var n = random.Next(1, 6); n > 0; n--)
            frame[random.Next(frame.Length)] = random.Next(3) == 0 ? (byte)0xff : (byte)random.Next(256);
        return random.Next(3) switch
        {
            0 => frame[..random.Next(frame.Length)],
            1 => [.. frame, .. RandomBytes(random)],
            _ => frame,
        };
    }

    private static StepRequest Request(ulong session, uint turn, int position, int[] tokens, int drafts, int scores, int continuation)
    {
        var request = new StepRequest();
        request.Reset(new(session), turn, position);
        request.Append(tokens);
        (request.Drafts, request.Scores, request.Continuation) = (drafts, scores, continuation);
        if (continuation > 0)
            request.DraftTemperature = turn % 3 * 0.7f;
        if (request.DraftTemperature > 0)
            request.DraftKey = session * 31;
        return request;
    }

    private static StepReply Reply(
        ulong session, uint turn, StepStatus status, int needFrom, float[] scores, SparseDistribution[] distributions, int[] continuation)
    {
        var reply = new StepReply();
        reply.Reset(new(session), turn, status);
        reply.NeedFrom = needFrom;
        foreach (var score in scores)
            reply.AddScore(score);
        foreach (var distribution in distributions)
            reply.AddDistribution().CopyFrom(distribution);
        foreach (var token in continuation)
            reply.AddContinuation(token);
        return reply;
    }
}
