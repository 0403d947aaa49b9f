using System.Buffers;

namespace Mesh.Contracts.Steps;

/// <summary>
/// Wire form of <see cref="StepRequest"/> and <see cref="StepReply"/>. A message says itself where it ends, so a batch is several one after the other.
/// Request: session (u64), turn, position, tokens, drafts, scores, continuation (varints), if a continuation is wanted its temperature (f32) and, above 0, key (u64), token ids (varints).
/// Reply: session (u64), turn (varint), status (byte), need-from, microseconds (varints), scores (varint count, f32 each), distributions (varint count,
/// <see cref="SparseCodec"/> each), continuation (varint count, varints).
/// </summary>
public static class StepCodec
{
    private const int Varint = 5;

    public static void Write(StepRequest request, IBufferWriter<byte> target)
    {
        var writer = new WireWriter(target.GetSpan(8 + 6 * Varint + 12 + Varint * request.TokenCount));
        writer.UInt64(request.Session.Value);
        writer.Varint(request.Turn);
        writer.Varint((uint)request.Position);
        writer.Varint((uint)request.TokenCount);
        writer.Varint((uint)request.Drafts);
        writer.Varint((uint)request.Scores);
        writer.Varint((uint)request.Continuation);
        if (request.Continuation > 0)
        {
            writer.Single(request.DraftTemperature);
            if (request.DraftTemperature > 0f)
                writer.UInt64(request.DraftKey);
        }
        foreach (var token in request.Tokens)
            writer.Varint((uint)token);
        target.Advance(writer.Written);
    }

    /// <summary>Reads one request from the start of <paramref name="source"/> and moves it behind; on <c>false</c> nothing in <paramref name="into"/> counts.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> source, StepRequest into, out string? error)
    {
        var reader = new WireReader(source);
        var session = new SessionId(reader.UInt64());
        var turn = reader.Varint("turn");
        into.Reset(session, turn, reader.Varint(StepLimits.Tokens, "position"));
        var count = reader.Varint(StepLimits.Tokens, "the number of tokens");
        into.Drafts = reader.Varint(StepLimits.Drafts, "drafts");
        into.Scores = reader.Varint(StepLimits.Tokens, "scores");
        into.Continuation = reader.Varint(StepLimits.Drafts, "continuation");
        if (into.Continuation > 0)
        {
            into.DraftTemperature = reader.Single();
            if (!(into.DraftTemperature is >= 0f and <= StepLimits.Temperature))
                reader.Fail($"The temperature of the continuation is {into.DraftTemperature}; it must be 0 to {StepLimits.Temperature}.");
            if (into.DraftTemperature > 0f)
                into.DraftKey = reader.UInt64();
        }
        if (reader.Error is null && (count == 0 || into.Drafts >= count || into.Scores > count))
            reader.Fail("A step needs at least one token, more tokens than drafts, and no more scores than tokens.");
        for (var i = 0; i < count && reader.Error is null; i++)
            into.Append(reader.Varint(StepLimits.Vocabulary - 1, "a token id"));
        return Finish(ref source, in reader, out error);
    }

    public static void Write(StepReply reply, IBufferWriter<byte> target)
    {
        var bound = 8 + 1 + 7 * Varint + 4 * reply.ScoreCount + SparseCodec.MaxBytes * reply.DistributionCount + Varint * reply.ContinuationCount;
        var writer = new WireWriter(target.GetSpan(bound));
        writer.UInt64(reply.Session.Value);
        writer.Varint(reply.Turn);
        writer.Byte((byte)reply.Status);
        writer.Varint((uint)reply.NeedFrom);
        writer.Varint(reply.ComputeMicroseconds);
        writer.Varint((uint)reply.ScoreCount);
        foreach (var score in reply.Scores)
            writer.Single(score);
        writer.Varint((uint)reply.DistributionCount);
        foreach (var distribution in reply.Distributions)
            SparseCodec.Write(ref writer, distribution);
        writer.Varint((uint)reply.ContinuationCount);
        foreach (var token in reply.Continuation)
            writer.Varint((uint)token);
        target.Advance(writer.Written);
    }

    /// <summary>Reads one reply from the start of <paramref name="source"/> and moves it behind; on <c>false</c> nothing in <paramref name="into"/> counts.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> source, StepReply into, out string? error)
    {
        var reader = new WireReader(source);
        var session = new SessionId(reader.UInt64());
        var turn = reader.Varint("turn");
        into.Reset(session, turn);
        var status = reader.Byte();
        if (status > (byte)StepStatus.Failed)
            reader.Fail($"{status} is no status.");
        into.Status = (StepStatus)status;
        into.NeedFrom = reader.Varint(StepLimits.Tokens, "need-from");
        into.ComputeMicroseconds = reader.Varint("microseconds");
        var scores = reader.Varint(StepLimits.Tokens, "the number of scores");
        for (var i = 0; i < scores && reader.Error is null; i++)
        {
            var score = reader.Single();
            if (!float.IsFinite(score) || score > 0f)
                reader.Fail($"A score is {score}; it must be finite and at most 0.");
            into.AddScore(score);
        }
        var distributions = reader.Varint(StepLimits.Drafts + 1, "the number of distributions");
        for (var i = 0; i < distributions && reader.Error is null; i++)
            SparseCodec.Read(ref reader, into.AddDistribution());
        var continuation = reader.Varint(StepLimits.Drafts, "the number of continuation tokens");
        for (var i = 0; i < continuation && reader.Error is null; i++)
            into.AddContinuation(reader.Varint(StepLimits.Vocabulary - 1, "a token id"));
        into.WireBytes = source.Length - reader.Rest.Length;
        return Finish(ref source, in reader, out error);
    }

    /// <summary>Whose answer an encoded reply is, so that its place can be found before it is read. A turn that is no varint comes out as 0 and fails when read.</summary>
    public static bool TryPeekReply(ReadOnlySpan<byte> source, out SessionId session, out uint turn)
    {
        var reader = new WireReader(source);
        session = new(reader.UInt64());
        turn = reader.Varint("turn");
        return source.Length > sizeof(ulong);
    }

    private static bool Finish(ref ReadOnlySpan<byte> source, in WireReader reader, out string? error)
    {
        error = reader.Error;
        if (error is null)
            source = reader.Rest;
        return error is null;
    }
}
