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
    private const int Tries = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static void MapInvocation(this IEndpointRouteBuilder routes) =>
        routes.Map("/v1.0/invoke/{appId}/method/{**path}", (HttpContext context, AppRegistry apps) =>
            Behind(Target(context), 4) is { } path ? InvokeAsync(RequestBody.Segment(context, 2), "/" + path, context, apps) : throw Fallback.NoApp);

    /// <summary>The path as it came in, to the app of the header.</summary>
    public static Task InvokeAsync(string appId, HttpContext context, AppRegistry apps) => InvokeAsync(appId, Target(context), context, apps);

    private static async Task InvokeAsync(string appId, string path, HttpContext context, AppRegistry apps)
    {
        var fault = "no host found with the given ID";
        for (var tries = 0; tries < Tries && apps.Pick(appId) is { } app; tries++)
        {
            // Refused: the process is gone and saw nothing. Its replica may be there, or its successor in a second.
            if (tries > 0 && !app.IsUp)
                await Task.Delay(Pause, context.RequestAborted);
            using var request = Request(app, path, context, apps);
            try
            {
                using var response = await app.SendAsync(request, context.RequestAborted);
                context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
                await HopHeaders.CopyAsync(response, context);
                return;
            }
            catch (HttpRequestException refused) when (refused.HttpRequestError == HttpRequestError.ConnectionError)
            {
                fault = refused.Message;
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException && !context.Response.HasStarted)
            {
                fault = (broken as BodyTooLarge ?? broken.InnerException as BodyTooLarge ?? broken).Message;
                break;
            }
        }
        throw new DaprError(500, "ERR_DIRECT_INVOKE", $"failed to invoke, id: {appId}, err: {fault}");
    }

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
        request.Headers.TryAddWithoutValidation("dapr-caller-app-id", apps.Of(context).AppId);
        request.Headers.TryAddWithoutValidation("dapr-callee-app-id", app.AppId);
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
