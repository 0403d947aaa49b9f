using Microsoft.Extensions.Options;
using Router.Api.Hosting;

namespace Router.Api.Generation;

/// <summary>Makes the buffers between answers and their readers, and says how long those may take.</summary>
internal sealed partial class AnswerBuffers(IOptions<RouterOptions> options, TimeProvider time, RouterMeter meter, ILogger<AnswerBuffers> log)
{
    public TimeProvider Time => time;

    public TimeSpan ReaderTimeout => options.Value.ReaderTimeout;

    /// <summary>For an answer in the making: its writer waits while the reader is <see cref="RouterOptions.ReadAheadBytes"/> behind.</summary>
    public AnswerBuffer Bounded(HttpContext context, string contentType, CancellationToken halted) =>
        new(context, contentType, new(pauseWriterThreshold: options.Value.ReadAheadBytes, resumeWriterThreshold: options.Value.ReadAheadBytes / 2, useSynchronizationContext: false), this, halted);

    /// <summary>For an answer that is there already.</summary>
    public AnswerBuffer Whole(HttpContext context, string contentType, CancellationToken halted) =>
        new(context, contentType, new(pauseWriterThreshold: 0, useSynchronizationContext: false), this, halted);

    public void OnStalled(HttpContext context)
    {
        meter.OnStalledReader();
        LogStalled(context.TraceIdentifier, ReaderTimeout);
    }

    [LoggerMessage(LogLevel.Information, "The reader of request {Request} took nothing for {Timeout}; its connection is closed")]
    private partial void LogStalled(string request, TimeSpan timeout);
}
