using System.Text.Json;
using Router.Api.Json;

namespace Router.Api.Errors;

/// <summary>Writes <c>{"error":{"message","type","param","code"}}</c>.</summary>
internal static class ErrorBody
{
    public static void Write(Utf8JsonWriter json, ApiException error)
    {
        json.WriteStartObject();
        json.WriteStartObject(Names.Error);
        json.WriteString(Names.Message, error.Message);
        json.WriteString(Names.Type, error.Type);
        json.WriteString(Names.Param, error.Parameter);
        json.WriteString(Names.Code, error.Code);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static async Task SendAsync(HttpContext context, ApiException error)
    {
        var response = context.Response;
        response.ContentLength = null;
        response.StatusCode = error.Status;
        response.ContentType = JsonResponse.ContentType;
        if (error.RetryAfter is { } wait)
            response.Headers.RetryAfter = $"{Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds))}";
        if (error.Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        using var json = Writers.Create(response.BodyWriter);
        Write(json, error);
        json.Flush();
        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
