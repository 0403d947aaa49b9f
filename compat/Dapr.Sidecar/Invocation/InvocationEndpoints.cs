using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace Dapr.Sidecar.Invocation;

/// <summary>
/// /v1.0/invoke/{app}/method/{path}, or any other path with the header dapr-app-id. Bodies stream both ways here; daprd buffers answers between sidecars, so
/// no caller may count on a stream.
/// </summary>
internal static class InvocationEndpoints
{
    public const string AppIdHeader = "dapr-app-id";

    public static void MapInvocation(this IEndpointRouteBuilder routes) =>
        routes.Map("/v1.0/invoke/{appId}/method/{**path}", (HttpContext context, AppRegistry apps) =>
            Behind(Target(context), 4) is { } path ? InvokeAsync(RequestBody.Segment(context, 2), "/" + path, context, apps) : throw Fallback.NoApp);

    /// <summary>The path as it came in, to the app of the header.</summary>
    public static Task InvokeAsync(string appId, HttpContext context, AppRegistry apps) => InvokeAsync(appId, Target(context), context, apps);

    private static Task InvokeAsync(string appId, string path, HttpContext context, AppRegistry apps) =>
        AppCalls.InvokeAsync(appId, app => Request(app, path, context, apps), async response =>
        {
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await HopHeaders.CopyAsync(response, context);
            return true;
        }, () => !context.Response.HasStarted, apps, context.RequestAborted);

    private static HttpRequestMessage Request(AppInstance app, string path, HttpContext context, AppRegistry apps)
    {
        var request = new HttpRequestMessage(new(context.Request.Method), app.Url(path));
        if (context.Request.ContentLength is > 0 || context.Request.Headers.TransferEncoding.Count > 0)
            request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, values) in context.Request.Headers)
            if (!HopHeaders.IsHop(name) && !name.Equals(AppIdHeader, StringComparison.OrdinalIgnoreCase) && !name.Equals(Tokens.Header, StringComparison.OrdinalIgnoreCase)
                && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        if (request.Content is not null)
            request.Content.Headers.ContentLength = context.Request.ContentLength;
        AppCalls.AddNames(request, apps.Of(context), app);
        return request;
    }

    /// <summary>Path and query as they were written: decoding them would change what the app sees.</summary>
    private static string Target(HttpContext context) => context.Features.Get<IHttpRequestFeature>()!.RawTarget;

    /// <summary>What follows the first segments.</summary>
    private static string? Behind(string target, int segments)
    {
        var at = 0;
        while (at < target.Length && target[at] == '/')
            at++;
        for (; segments > 0; segments--)
        {
            at = target.IndexOf('/', at) + 1;
            if (at == 0)
                return null;
        }
        return target[at..];
    }
}
