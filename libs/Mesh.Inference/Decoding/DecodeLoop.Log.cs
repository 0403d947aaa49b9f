using Mesh.Contracts.Steps;
using Mesh.Inference.Native;
using Microsoft.Extensions.Logging;

namespace Mesh.Inference.Decoding;

internal sealed partial class DecodeLoop
{
    [LoggerMessage(EventId = 10, Level = LogLevel.Error, Message = "The decode loop failed; all steps under way fail with it.")]
    private static partial void LogFault(ILogger logger, Exception fault);

    [LoggerMessage(EventId = 11, Level = LogLevel.Error, Message = "llama_decode answered {Result}; all steps under way fail.")]
    private static partial void LogDecodeFailed(ILogger logger, DecodeResult result);

    [LoggerMessage(EventId = 12, Level = LogLevel.Warning, Message = "The K/V cache has no room for a batch of {Tokens} tokens; one session is sent away.")]
    private static partial void LogNoRoom(ILogger logger, int tokens);

    [LoggerMessage(EventId = 13, Level = LogLevel.Error, Message = "The model computed logits that are no numbers for session {Session}.")]
    private static partial void LogBadRow(ILogger logger, SessionId session);
}
