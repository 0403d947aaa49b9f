namespace Dapr.Sidecar.Errors;

/// <summary>An answer in daprd's error form: <c>{"errorCode","message"}</c>.</summary>
internal sealed class DaprError(int status, string code, string message) : Exception(message)
{
    public int Status { get; } = status;
    public string Code { get; } = code;

    public IResult Result => Results.Json(new { errorCode = Code, message = Message }, statusCode: Status);

    public static DaprError BadRequest(string code, string message) => new(400, code, message);
}

internal static class DaprErrors
{
    /// <summary>Turns what endpoints throw into daprd's answers; malformed JSON is the caller's fault.</summary>
    public static IApplicationBuilder UseDaprErrors(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        try
        {
            await next(context);
        }
        catch (DaprError fault) when (!context.Response.HasStarted)
        {
            await fault.Result.ExecuteAsync(context);
        }
        catch (System.Text.Json.JsonException fault) when (!context.Response.HasStarted)
        {
            await DaprError.BadRequest("ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: {fault.Message}").Result.ExecuteAsync(context);
        }
        catch (BadHttpRequestException fault) when (!context.Response.HasStarted)
        {
            await new DaprError(fault.StatusCode, "ERR_MALFORMED_REQUEST", fault.Message).Result.ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer.
        }
    });
}
