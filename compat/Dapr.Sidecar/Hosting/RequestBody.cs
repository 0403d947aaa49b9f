using System.Text.Json;
using Dapr.Sidecar.Errors;
using Microsoft.AspNetCore.Http.Features;

namespace Dapr.Sidecar.Hosting;

/// <summary>Reads what callers sent, never more than their sidecar's --max-body-size.</summary>
internal static class RequestBody
{
    public static async Task<byte[]> BytesAsync(HttpContext context)
    {
        using var body = new MemoryStream((int)Math.Min(context.Request.ContentLength ?? 0, 1 << 20));
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }

    /// <exception cref="DaprError">It is neither <paramref name="kind"/> nor null.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static async Task<JsonDocument> JsonAsync(HttpContext context, JsonValueKind kind)
    {
        var document = await JsonDocument.ParseAsync(context.Request.Body, Json.Options, context.RequestAborted);
        if (document.RootElement.ValueKind == kind || document.RootElement.ValueKind == JsonValueKind.Null)
            return document;
        document.Dispose();
        throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: an {kind.ToString().ToLowerInvariant()} is expected");
    }

    /// <summary>Each app has a limit of its own.</summary>
    public static Task Limit(HttpContext context, RequestDelegate next, AppRegistry apps)
    {
        if (context.Request.Protocol != "HTTP/2")
            context.Request.Body = new LimitedBody(context.Request.Body, context.Request.ContentLength, apps.Of(context).Options.MaxBodySize);
        return next(context);
    }

    /// <summary>The n-th segment of the path as it was meant: the server leaves escaped slashes as they are.</summary>
    public static string Segment(HttpContext context, int index)
    {
        var path = context.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?', 2)[0].TrimStart('/').Split('/');
        return index < path.Length ? Uri.UnescapeDataString(path[index]) : "";
    }
}
