using System.Text.Json;
using Router.Api.Errors;

namespace Router.Api.Json;

/// <summary>Copies of what a client sent that outlive its document and can be written again: JSON admits half a surrogate pair, text does not.</summary>
internal static class JsonCopy
{
    public static JsonElement Of(JsonElement element, string path)
    {
        try
        {
            return JsonSerializer.SerializeToElement(element);
        }
        catch (JsonException)
        {
            throw ApiErrors.Invalid(path, $"Invalid '{path}': a string in it is not valid Unicode.", "invalid_unicode");
        }
    }
}
