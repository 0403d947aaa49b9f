using System.Text.Json;
using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Messages;

/// <summary><c>{"type":"error","error":{"type","message"},"request_id"}</c>, with the class that Anthropic has for the status.</summary>
internal sealed class MessageErrors : IErrorFormat
{
    void IErrorFormat.Write(Utf8JsonWriter json, HttpContext context, ApiException error)
    {
        json.WriteStartObject();
        json.WriteString(Names.Type, Names.Error);
        WriteFields(json, context, error);
        json.WriteEndObject();
    }

    /// <summary>All but the type, which an event has already.</summary>
    public static void WriteFields(Utf8JsonWriter json, HttpContext context, ApiException error)
    {
        json.WriteStartObject(Names.Error);
        json.WriteString(Names.Type, TypeOf(error.Status));
        json.WriteString(Names.Message, error.Message);
        if (error.Code == ApiErrors.MeshHalted)
            json.WriteString(Names.Code, error.Code);   // Anthropic's types have no word for it
        json.WriteEndObject();
        json.WriteString("request_id"u8, context.Response.Headers["x-request-id"].ToString());
    }

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "authentication_error",
        StatusCodes.Status403Forbidden => "permission_error",
        StatusCodes.Status404NotFound => "not_found_error",
        StatusCodes.Status413PayloadTooLarge => "request_too_large",
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        StatusCodes.Status503ServiceUnavailable => "overloaded_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };
}
