using Mesh.Governance.Http;

namespace Router.Api.Errors;

/// <summary>Turns every failure, and every answer without a body, into an error object.</summary>
internal sealed partial class ErrorHandling(RequestDelegate next, IMeshNode node, ILogger<ErrorHandling> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response is { StatusCode: >= 400, ContentLength: null, ContentType: null })
                await ErrorBody.SendAsync(context, Describe(context));
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; nobody is there to tell.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await ErrorBody.SendAsync(context, Translate(context, e));
        }
    }

    private ApiException Translate(HttpContext context, Exception e)
    {
        var known = ApiErrors.FromGeneration(e, "prompt");
        // A halted mesh connects no experts, so after a restart none is known: that is not the reason.
        if (!node.MaySpeak && (e is OperationCanceledException || known?.Code == ApiErrors.NoneReady))
            return ApiErrors.Halted();
        if (known is not null)
            return known;
        if (e is BadHttpRequestException bad)
            return bad.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? new(bad.StatusCode, "The request body is too large.", ApiErrors.InvalidRequest, code: "body_too_large")
                : new(bad.StatusCode, bad.Message, ApiErrors.InvalidRequest);
        LogDefect(e, context.Request.Method, context.Request.Path);
        return ApiErrors.Internal();
    }

    private static ApiException Describe(HttpContext context)
    {
        var (method, path, status) = (context.Request.Method, context.Request.Path, context.Response.StatusCode);
        return status switch
        {
            404 => ApiErrors.NotFound($"Invalid URL ({method} {path})", code: "unknown_url"),
            405 => new(405, $"Not allowed to {method} on {path}. Allowed: {context.Response.Headers.Allow}.", ApiErrors.InvalidRequest, code: "method_not_supported"),
            415 => ApiErrors.NotJson(),
            _ => new(status, $"The request was refused with status {status}.", status < 500 ? ApiErrors.InvalidRequest : ApiErrors.ServerError),
        };
    }

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogDefect(Exception e, string method, string path);
}
