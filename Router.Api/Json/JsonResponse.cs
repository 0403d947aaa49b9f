using System.Text.Json;

namespace Router.Api.Json;

/// <summary>Sends one JSON document, written straight into the response.</summary>
internal static class JsonResponse
{
    public const string ContentType = "application/json; charset=utf-8";

    public static async Task SendJsonAsync(this HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = ContentType;
        using var json = Writers.Create(context.Response.BodyWriter);
        write(json);
        json.Flush();
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
