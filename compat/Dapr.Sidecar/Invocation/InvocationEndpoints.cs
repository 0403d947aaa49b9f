using Dapr.Sidecar.Actors;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace Dapr.Sidecar.Invocation;

/// <summary>
/// /v1.0/invoke/{app}/method/{path}, or any path with the header dapr-app-id. Bodies stream both ways here; daprd buffers answers between sidecars, so no
/// caller may count on a stream.
/// </summary>
internal static class InvocationEndpoints
{
    private const string AppIdHeader = "dapr-app-id";

    public static void MapInvocation(this IEndpointRouteBuilder routes) =>
        routes.Map("/v1.0/invoke/{appId}/method/{**path}", (string appId, HttpContext context, AppRegistry apps) =>
            InvokeAsync(appId, RawPathAfter(context, "/method/"), context, apps));

    /// <summary>Before routing: a request that names its app in the header is an invocation whatever its path.</summary>
    public static IApplicationBuilder UseHeaderInvocation(this IApplicationBuilder app) => app.Use((context, next) =>
        context.Request.Headers.TryGetValue(AppIdHeader, out var appId) && !context.Request.Path.StartsWithSegments("/v1.0")
            ? InvokeAsync(appId.ToString(), RawPathAfter(context, "/"), context, context.RequestServices.GetRequiredService<AppRegistry>())
            : next(context));

    private static async Task InvokeAsync(string appId, string path, HttpContext context, AppRegistry apps)
    {
        if (apps.Pick(appId) is not { } app)
            throw new DaprError(500, "ERR_DIRECT_INVOKE", $"failed to invoke, id: {appId}, err: couldn't find service: {appId}");
        using var request = new HttpRequestMessage(new(context.Request.Method), app.Url("/" + path));
        if (context.Request.ContentLength is > 0 || context.Request.Headers.TransferEncoding.Count > 0)
            request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, values) in context.Request.Headers)
            if (!HopHeaders.IsHop(name) && !name.Equals(AppIdHeader, StringComparison.OrdinalIgnoreCase) && !name.Equals(Tokens.Header, StringComparison.OrdinalIgnoreCase)
                && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        request.Headers.TryAddWithoutValidation("dapr-caller-app-id", apps.Of(context).AppId);
        request.Headers.TryAddWithoutValidation("dapr-callee-app-id", appId);
        try
        {
            using var response = await app.SendAsync(request, context.RequestAborted);
            context.Response.StatusCode = (int)response.StatusCode;
            foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
                if (!HopHeaders.IsHop(name))
                    context.Response.Headers[name] = values.ToArray();
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        catch (HttpRequestException fault) when (!context.Response.HasStarted)
        {
            throw new DaprError(500, "ERR_DIRECT_INVOKE", $"failed to invoke, id: {appId}, err: {fault.Message}");
        }
    }

    /// <summary>The target as it was written, query included: decoding it would change what the app sees.</summary>
    private static string RawPathAfter(HttpContext context, string marker)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var at = target.IndexOf(marker, StringComparison.Ordinal);
        return at < 0 ? "" : target[(at + marker.Length)..];
    }
}
