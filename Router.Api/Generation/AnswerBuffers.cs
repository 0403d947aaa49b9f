using System.Text.Json;
using Microsoft.Extensions.Options;
using Router.Api.Hosting;
using Router.Api.Json;

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
    private AnswerBuffer Whole(HttpContext context, string contentType, CancellationToken halted) =>
        new(context, contentType, new(pauseWriterThreshold: 0, useSynchronizationContext: false), this, halted);

    /// <summary>Sends a JSON document that is there already; nothing of it once the mesh is halted.</summary>
    /// <exception cref="ApiException">503: the mesh was halted before anything of it went out.</exception>
    public async Task SendWholeAsync(HttpContext context, Action<Utf8JsonWriter> write, CancellationToken halted)
    {
        using var answer = Whole(context, JsonResponse.ContentType, halted);
        using var json = Writers.Create(answer.Writer);
        write(json);
        json.Flush();
        await answer.Writer.CompleteAsync();
        await answer.SendAsync();
        answer.EndDocument();
    }

    public void OnStalled(HttpContext context)
    {
        meter.OnStalledReader();
        LogStalled(context.TraceIdentifier, ReaderTimeout);
    }

    [LoggerMessage(LogLevel.Information, "The reader of request {Request} took nothing for {Timeout}; its connection is closed")]
    private partial void LogStalled(string request, TimeSpan timeout);
}
