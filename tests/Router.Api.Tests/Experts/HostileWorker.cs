using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Contracts.Streams;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Router.Api.Experts;

namespace Router.Api.Tests.Experts;

/// <summary>A worker that opens its stream to everybody and answers every step with whatever bytes the test makes of it.</summary>
internal sealed class HostileWorker : IAsyncDisposable
{
    private readonly WebApplication _app;

    private HostileWorker(WebApplication app, DirectExpertChannel channel) => (_app, Channel) = (app, channel);

    /// <summary>The router's end.</summary>
    public DirectExpertChannel Channel { get; }

    public static async Task<HostileWorker> StartAsync(Func<StepRequest, IEnumerable<byte[]>> answers, TimeProvider? time = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.MapPost("/", async (HttpContext context) =>
        {
            await context.Response.StartAsync();
            await context.Response.Body.FlushAsync();
            var (reader, request) = (new FrameReader(context.Request.Body), new StepRequest());
            while (await reader.ReadAsync(context.RequestAborted))
            {
                var payload = reader.Payload;
                if (reader.Kind != FrameKind.Step || !StepCodec.TryRead(ref payload, request, out _))
                    continue;
                foreach (var bytes in answers(request))
                    await context.Response.BodyWriter.WriteAsync(bytes, context.RequestAborted);
            }
        });
        await app.StartAsync();
        var admission = new StreamAdmission(app.Urls.First(), "none", DateTimeOffset.MaxValue);
        return new(app, await DirectExpertChannel.OpenAsync(ExpertId.Parse("hostile"), admission, TimeSpan.FromMinutes(1), new(), time ?? TimeProvider.System, NullLogger.Instance, default));
    }

    /// <summary>A frame as it should be around a payload that may be anything.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> payload, byte kind = (byte)FrameKind.Step) => Frame((uint)payload.Length + 1, kind, payload);

    public static byte[] Frame(uint length, byte kind, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[StreamContract.HeaderBytes + payload.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, length);
        frame[4] = kind;
        payload.CopyTo(frame.AsSpan(StreamContract.HeaderBytes));
        return frame;
    }

    /// <summary>An answer of the shape that was asked for.</summary>
    public static StepReply Answer(StepRequest request, Action<SparseDistribution>? fill = null)
    {
        var reply = new StepReply();
        reply.Reset(request.Session, request.Turn);
        for (var i = 0; i <= request.Drafts; i++)
            (fill ?? (d => d.Add(7, 0f)))(reply.AddDistribution());
        return reply;
    }

    public static byte[] Encode(StepReply reply)
    {
        var buffer = new ArrayBufferWriter<byte>();
        StepCodec.Write(reply, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A reply with one distribution, byte for byte: greatest log-probability, ids as deltas, one byte a log-probability, tail.</summary>
    public static byte[] Raw(StepRequest request, float greatest, uint[] deltas, float tail, uint? count = null)
    {
        var bytes = new List<byte>(BitConverter.GetBytes(request.Session.Value));
        Varint(request.Turn);
        bytes.Add((byte)StepStatus.Ok);
        foreach (var zero in new uint[] { 0, 0, 0 })
            Varint(zero);
        Varint(1);
        Varint(count ?? (uint)deltas.Length);
        bytes.AddRange(BitConverter.GetBytes(greatest));
        bytes.Add(16);
        foreach (var delta in deltas)
            Varint(delta);
        bytes.AddRange(new byte[deltas.Length]);
        bytes.AddRange(BitConverter.GetBytes(tail));
        Varint(0);
        return [.. bytes];

        void Varint(uint value)
        {
            for (; value >= 0x80; value >>= 7)
                bytes.Add((byte)(value | 0x80));
            bytes.Add((byte)value);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        await _app.DisposeAsync();
    }
}
