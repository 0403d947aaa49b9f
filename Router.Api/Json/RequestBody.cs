using System.Text.Json;
using Router.Api.Errors;

namespace Router.Api.Json;

/// <summary>Reads the JSON object of a request, bounded in size (by the server) and depth.</summary>
internal static class RequestBody
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 48 };

    /// <exception cref="ApiException">It is no JSON object: 400, or 415 when it does not even say that it is JSON, or is in an unknown encoding.</exception>
    public static async Task<JsonDocument> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        // Also what keeps a page of another origin from posting here without being asked: browsers send this type only after a preflight.
        if (!request.HasJsonContentType())
            throw ApiErrors.NotJson();
        // What the server knew to decode it has decoded, and taken the header away.
        if (request.Headers.ContentEncoding is { Count: > 0 } coding && coding != "identity")
            throw ApiErrors.UnknownEncoding(coding.ToString());
        JsonDocument document;
        try
        {
            document = await JsonDocument.ParseAsync(request.Body, Options, cancellationToken);
        }
        catch (JsonException e)
        {
            throw ApiErrors.BadJson($"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}: {Reason(e)}");
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)   // gzip and deflate, Brotli
        {
            throw ApiErrors.Invalid(null, "The request body is not in the encoding that its header 'Content-Encoding' names.", "invalid_encoding");
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        var kind = JsonFields.Kind(document.RootElement);
        document.Dispose();
        throw ApiErrors.BadJson($"expected an object, but got {kind} instead.");
    }

    private static string Reason(JsonException e)
    {
        var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? e.Message : e.Message[..end];
    }
}
