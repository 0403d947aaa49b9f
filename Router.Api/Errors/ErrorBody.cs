using System.Text.Json;
using Router.Api.Json;

namespace Router.Api.Errors;

/// <summary>How an API tells an error: metadata of its endpoints, where it is not as OpenAI does.</summary>
internal interface IErrorFormat
{
    void Write(Utf8JsonWriter json, HttpContext context, ApiException error);
}

/// <summary>Writes <c>{"error":{"message","type","param","code"}}</c>, or what the endpoint has instead.</summary>
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

    /// <summary>The error that the request was answered with; null when it was none.</summary>
    public static ApiException? SentTo(HttpContext context) => context.Items[typeof(ErrorBody)] as ApiException;

    public static async Task SendAsync(HttpContext context, ApiException error)
    {
        context.Items[typeof(ErrorBody)] = error;
        var response = context.Response;
        response.ContentLength = null;
        response.StatusCode = error.Status;
        response.ContentType = JsonResponse.ContentType;
        if (error.RetryAfter is { } wait)
            response.Headers.RetryAfter = $"{Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds))}";
        if (error.Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        using var json = Writers.Create(response.BodyWriter);
        if (context.GetEndpoint()?.Metadata.GetMetadata<IErrorFormat>() is { } format)
            format.Write(json, context, error);
        else
            Write(json, error);
        json.Flush();
        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
