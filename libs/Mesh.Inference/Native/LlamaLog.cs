using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Mesh.Inference.Native;

/// <summary>llama.cpp logs process-wide, from any thread; the last logger given gets warnings and errors, everything at Trace.</summary>
internal static unsafe partial class LlamaLog
{
    private const int Warning = 3;
    private const int Error = 4;
    private const int Continuation = 5;
    private static readonly Lock Gate = new();
    private static readonly StringBuilder Line = new();
    private static int s_level;
    private static volatile ILogger? s_logger;
    private static volatile string? s_lastError;

    public static ILogger? Logger { set => s_logger = value; }

    /// <summary>The newest error line, to explain a call that only says it failed.</summary>
    public static string? TakeLastError() => Interlocked.Exchange(ref s_lastError, null);

    public static void Install() => llama_log_set(&Receive, 0);

    /// <summary>A decode that this process itself aborted, since nobody waits for it any more, is an error to llama.cpp only (GGML_STATUS_ABORTED is 1, llama_decode's 2).</summary>
    internal static bool IsAbort(string line) =>
        line.EndsWith("compute_async failed with error 1", StringComparison.Ordinal) || line.EndsWith("compute status: 1", StringComparison.Ordinal)
        || line.EndsWith("failed to decode, ret = 2", StringComparison.Ordinal);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Receive(int level, nint text, nint user)
    {
        try
        {
            lock (Gate)
            {
                if (level != Continuation)
                    s_level = level;
                var severity = s_level switch { Error => LogLevel.Warning, Warning => LogLevel.Debug, _ => LogLevel.Trace };
                // It has much to say while it decodes: what nobody reads must cost nothing.
                if (s_level != Error && s_logger?.IsEnabled(severity) is not true)
                {
                    Line.Clear();
                    return;
                }
                Line.Append(LlamaLibrary.Text(text));
                if (Line.Length == 0 || Line[^1] != '\n')
                    return;
                var line = Line.ToString().TrimEnd();
                Line.Clear();
                if (s_level == Error)
                    s_lastError = line;
                if (s_logger is { } logger && line.Length > 0)
                    Write(logger, IsAbort(line) ? LogLevel.Debug : severity, line);
            }
        }
        catch (Exception)
        {
            // An exception must not cross into native code; a lost log line may.
        }
    }

    [LoggerMessage(EventId = 1, Message = "llama.cpp: {Line}")]
    private static partial void Write(ILogger logger, LogLevel level, string line);

    [LibraryImport(LlamaLibrary.Name)]
    private static partial void llama_log_set(delegate* unmanaged[Cdecl]<int, nint, nint, void> callback, nint user);
}
