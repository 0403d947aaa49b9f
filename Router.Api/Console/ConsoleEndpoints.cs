using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Router.Api.Console;

/// <summary>The console at <c>/</c>: one page, its styles and its scripts, those of npm included, carried in the assembly.</summary>
internal static class ConsoleEndpoints
{
    private const string Prefix = "Console/";
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'; trusted-types dompurify";   // no text becomes markup but through DOMPurify

    private static readonly FrozenDictionary<string, Asset> Assets = typeof(ConsoleEndpoints).Assembly.GetManifestResourceNames()
        .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).ToFrozenDictionary(n => n[Prefix.Length..], Load);

    public static void MapConsole(this IEndpointRouteBuilder app)
    {
        app.MapGet("/", (HttpContext context) => Send(context, "index.html")).ExcludeFromDescription();
        app.MapGet("/console/{**file}", (HttpContext context, string file) => Send(context, file)).ExcludeFromDescription();
    }

    private static IResult Send(HttpContext context, string name)
    {
        if (!Assets.TryGetValue(name, out var asset))
            return Results.StatusCode(StatusCodes.Status404NotFound);
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache";   // asked for again each time, answered by its tag
        return Results.Bytes(asset.Content, asset.Type, entityTag: asset.Tag);
    }

    private static Asset Load(string resource)
    {
        using var stream = typeof(ConsoleEndpoints).Assembly.GetManifestResourceStream(resource)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        var type = Path.GetExtension(resource) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" or ".mjs" => "text/javascript; charset=utf-8",
            _ => "application/octet-stream",
        };
        return new(content, type, new($"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\""));
    }

    private sealed record Asset(byte[] Content, string Type, EntityTagHeaderValue Tag);
}
