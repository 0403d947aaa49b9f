using System.Text.Json;

namespace Router.Api.Governance.Forwarding;

/// <summary>Tells an error of Dapr's, <c>{"errorCode":"ERR_..."}</c>, from an answer of the app behind it.</summary>
internal static class SidecarError
{
    private const int MostBytes = 16 << 10;

    /// <exception cref="HttpRequestException">It is longer than any error is.</exception>
    public static async ValueTask<bool> IsAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if ((int)response.StatusCode < 400 || response.Content.Headers.ContentType?.MediaType != "application/json")
            return false;
        await response.Content.LoadIntoBufferAsync(MostBytes, cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            return document.RootElement is { ValueKind: JsonValueKind.Object } body && body.TryGetProperty("errorCode", out var code)
                && code.ValueKind == JsonValueKind.String && code.GetString()!.StartsWith("ERR_", StringComparison.Ordinal);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
