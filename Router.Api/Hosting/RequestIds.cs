namespace Router.Api.Hosting;

/// <summary>Gives every answer an <c>x-request-id</c>, the trace it belongs to where there is one; Anthropic's clients look for it in <c>request-id</c>.</summary>
internal static class RequestIds
{
    public static void UseRequestIds(this WebApplication app) => app.Use((context, next) =>
    {
        var headers = context.Response.Headers;
        headers["x-request-id"] = headers["request-id"] = "req_" + (System.Diagnostics.Activity.Current?.TraceId.ToHexString() ?? Guid.NewGuid().ToString("n"));
        return next(context);
    });
}
