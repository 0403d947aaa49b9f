using Mesh.Contracts.Observations;
using Router.Api.Errors;
using Router.Api.Security;

namespace Router.Api.Observations;

/// <summary>Tells the window which requests were refused, and whose key was used. It sees how an answer ended, so it stands before what words errors.</summary>
internal sealed class RequestWatch(RequestDelegate next, ObservationWindow window)
{
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        var source = context.Connection.RemoteIpAddress?.ToString() ?? "";
        var key = Authentication.KeyName(context);
        if (key is not null)
            window.OnKey(key, context.Response.StatusCode, source, context.Items.ContainsKey(typeof(RequestWatch)));
        if (ErrorBody.SentTo(context) is { } error && KindOf(error) is { } kind)
            window.OnRefused(kind, key, source, context.Request.Path.Value ?? "");
    }

    /// <summary>The request turned out to be the mesh's own work.</summary>
    public static void OnBackground(HttpContext context) => context.Items[typeof(RequestWatch)] = true;

    private static string? KindOf(ApiException error) => error switch
    {
        { Code: Authentication.WrongKey } => SecurityEventKind.WrongKey,
        { Status: StatusCodes.Status401Unauthorized } => SecurityEventKind.MissingKey,
        { Code: Authentication.ForeignHost } => SecurityEventKind.ForeignHost,
        { Code: Authentication.ForeignOrigin } => SecurityEventKind.ForeignOrigin,
        { Status: StatusCodes.Status429TooManyRequests, IsBackground: false } => SecurityEventKind.RateLimited,
        { Status: StatusCodes.Status400BadRequest } => SecurityEventKind.BadRequest,
        _ => null,
    };
}
