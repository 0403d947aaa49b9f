using System.Text.Json;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.Errors;

internal static partial class DaprErrors
{
    /// <summary>Turns what endpoints throw into daprd's answers; malformed JSON and bodies over the limit are the caller's fault.</summary>
    public static IApplicationBuilder UseDaprErrors(this IApplicationBuilder app)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(DaprErrors));
        return app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                // Nobody is left to answer.
            }
            catch (Exception fault) when (!context.Response.HasStarted)
            {
                var error = fault switch
                {
                    DaprError known => known,
                    JsonException => DaprError.BadRequest("ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: {fault.Message}"),
                    BodyTooLarge => DaprError.BadRequest("ERR_MALFORMED_REQUEST", "failed deserializing HTTP body: stream too large"),
                    BadHttpRequestException bad => new(bad.StatusCode, "ERR_MALFORMED_REQUEST", fault.Message),
                    _ => new DaprError(500, "ERR_INTERNAL", fault.Message),
                };
                if (error.Code == "ERR_INTERNAL")
                    LogFault(logger, context.Request.Method, context.Request.Path, fault);
                await error.Result.ExecuteAsync(context);
            }
        });
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private static partial void LogFault(ILogger logger, string method, string path, Exception fault);
}
