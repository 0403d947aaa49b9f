using Mesh.Contracts.Steps;

namespace Mesh.Contracts.Streams;

/// <summary>
/// What a frame of a direct stream carries. A frame is its length (u32, little-endian, of all that follows; 1 to <see cref="MostBytes"/>), its kind
/// (one byte) and its payload. Numbers are the wire format.
/// </summary>
public enum FrameKind : byte
{
    /// <summary>To the expert a <see cref="StepRequest"/>, from it a <see cref="StepReply"/>, as <see cref="StepCodec"/> writes them.</summary>
    Step = 1,

    /// <summary>To the expert: a session has ended (u64). Not answered.</summary>
    Release = 2,

    /// <summary>From the expert: why it closes the stream (UTF-8), its last frame.</summary>
    Error = 3,

    /// <summary>From the expert, without a payload, every <see cref="StreamContract.Heartbeat"/> in which it sends nothing else: it lives, however slow it is.</summary>
    Heartbeat = 4,
}

/// <summary>Bounds and names of the direct stream.</summary>
public static class StreamContract
{
    /// <summary>How often an expert gives a sign of life.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    /// <summary>So many heartbeats without a frame, and the expert is dead to its router.</summary>
    public const int MostSilent = 10;

    /// <summary>Length and kind.</summary>
    public const int HeaderBytes = 5;

    /// <summary>Largest length field.</summary>
    public const int MostBytes = 1 + StepLimits.FrameBytes;

    /// <summary>Scheme of the <c>Authorization</c> header; the ticket follows.</summary>
    public const string TicketScheme = "Bearer";

    /// <summary>Path of an expert's stream, to be opened with POST over HTTP/2.</summary>
    public static string PathOf(Experts.ExpertId expert) => $"/experts/{expert}/stream";
}

/// <summary>The other side broke the rules of the stream, or it said that this side did.</summary>
public sealed class StreamProtocolException(string message) : Exception(message);
