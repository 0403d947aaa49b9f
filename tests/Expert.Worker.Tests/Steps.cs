using System.Buffers;
using Mesh.Contracts.Steps;

namespace Expert.Worker.Tests;

/// <summary>Requests and their encodings.</summary>
internal static class Steps
{
    public static StepRequest Request(ulong session, params int[] tokens)
    {
        var request = new StepRequest();
        request.Reset(new(session), 1, 0);
        request.Append(tokens);
        return request;
    }

    public static byte[] Encode(params StepRequest[] requests)
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var request in requests)
            StepCodec.Write(request, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    public static List<StepReply> Decode(ReadOnlySpan<byte> batch)
    {
        var replies = new List<StepReply>();
        while (batch.Length > 0)
        {
            var reply = new StepReply();
            Assert.True(StepCodec.TryRead(ref batch, reply, out var error), error);
            replies.Add(reply);
        }
        return replies;
    }
}
