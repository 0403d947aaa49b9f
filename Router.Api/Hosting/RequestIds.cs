namespace Router.Api.Hosting;

/// <summary>Gives every answer an <c>x-request-id</c>, the trace it belongs to where there is one.</summary>
internal static class RequestIds
{
    public static void UseRequestIds(this WebApplication app) => app.Use((context, next) =>
    {
        context.Response.Headers["x-request-id"] = "req_" + (System.Diagnostics.Activity.Current?.TraceId.ToHexString() ?? Guid.NewGuid().ToString("n"));
        return next(context);
    });
}
