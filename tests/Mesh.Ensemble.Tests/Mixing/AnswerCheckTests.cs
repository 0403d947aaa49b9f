using CsCheck;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Ensemble.Mixing;
using Mesh.Simulation.Experts;

namespace Mesh.Ensemble.Tests.Mixing;

public sealed class AnswerCheckTests
{
    private static (StepRequest Request, StepReply Reply) Answer(int drafts = 0)
    {
        var (request, reply) = (new StepRequest(), new StepReply());
        request.Reset(new(7), 3, 0);
        request.Append([1, 2, 3, 4, 5]);
        (request.Drafts, request.Scores, request.Continuation) = (drafts, 3, 2);
        var step = new ToyExpert(ExpertId.Parse("a"), new(20, 1), entries: 8).StepAsync(request, reply, CancellationToken.None);
        Assert.True(step.IsCompletedSuccessfully);
        return (request, reply);
    }

    [Theory, InlineData(0), InlineData(3)]
    public void An_honest_answer_passes(int drafts)
    {
        var (request, reply) = Answer(drafts);
        Assert.Null(AnswerCheck.Fault(request, reply, 20));
    }

    [Fact]
    public void An_honest_answer_passes_after_the_wire_has_rounded_it() => MixtureTests.Sparse.Sample(distribution =>
    {
        var (request, reply, back) = (new StepRequest(), new StepReply(), new StepReply());
        request.Reset(new(7), 3, 0);
        reply.Reset(new(7), 3);
        reply.AddDistribution().CopyFrom(distribution);
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        StepCodec.Write(reply, buffer);
        var bytes = buffer.WrittenSpan;
        Assert.True(StepCodec.TryRead(ref bytes, back, out _));
        Assert.Null(AnswerCheck.Fault(request, back, 50));
    });

    public static TheoryData<int> Kinds => [.. Enumerable.Range(0, Garbage.Kinds)];

    [Theory, MemberData(nameof(Kinds))]
    public void Every_kind_of_garbage_is_found(int kind)
    {
        var (request, reply) = Answer();
        Garbage.Spoil(request, reply, 20, kind);
        Assert.NotNull(AnswerCheck.Fault(request, reply, 20));
    }

    [Theory, InlineData(float.NaN), InlineData(float.NegativeInfinity), InlineData(0.1f)]
    public void A_bad_score_is_found(float score)
    {
        var (request, reply) = Answer();
        request.Scores++;
        reply.AddScore(score);
        Assert.Equal("bad-score", AnswerCheck.Fault(request, reply, 20));
    }

    [Fact]
    public void More_than_was_asked_for_is_found()
    {
        var (request, reply) = Answer();
        reply.AddScore(-1);
        Assert.Equal("wrong-count", AnswerCheck.Fault(request, reply, 20));
        (request, reply) = Answer();
        reply.AddContinuation(1);
        Assert.Equal("wrong-count", AnswerCheck.Fault(request, reply, 20));
        (request, reply) = Answer();
        request.Continuation++;
        reply.AddContinuation(20);
        Assert.Equal("bad-token", AnswerCheck.Fault(request, reply, 20));
    }

    [Fact]
    public void Whatever_passes_mixes_into_finite_numbers() =>
        (from ids in Gen.Int[-2, 22].Array[0, 6]
         from logs in Gen.OneOf(Gen.Float[-20, 0], Gen.Float).Array[ids.Length]
         from tail in Gen.OneOf(Gen.Float[0, 1], Gen.Float)
         select (ids, logs, tail)).Sample(
            draw =>
            {
                var distribution = new SparseDistribution { Tail = draw.tail };
                for (var i = 0; i < draw.ids.Length; i++)
                    distribution.Add(draw.ids[i], draw.logs[i]);
                if (AnswerCheck.Fault(distribution, 20) is not null)
                    return;
                foreach (var mode in Enum.GetValues<MixMode>())
                {
                    var mixture = new Mixture(20);
                    mixture.Mix([distribution], [1], mode);
                    Assert.All(Enumerable.Range(0, 20), t => Assert.True(float.IsFinite(mixture.LogProbability(t))));
                    Assert.Equal(1, Enumerable.Range(0, 20).Sum(t => Math.Exp(mixture.LogProbability(t))), 1e-4);
                }
            },
            iter: 20_000);
}
