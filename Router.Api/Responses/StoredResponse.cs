using System.Text.Json;

namespace Router.Api.Responses;

/// <summary>A response that can be read again and gone on from.</summary>
/// <param name="Owner">Name of the API key that made it; null where none are in use. Nobody else may know of it.</param>
/// <param name="Before">The responses it goes on from, oldest first.</param>
/// <param name="Input">The items that were sent for it.</param>
/// <param name="Response">As the client got it.</param>
internal sealed record StoredResponse(string? Owner, IReadOnlyList<string> Before, IReadOnlyList<JsonElement> Input, JsonElement Response)
{
    /// <summary>The items of its answer.</summary>
    public IEnumerable<JsonElement> Output => Response.GetProperty("output").EnumerateArray();
}

/// <summary>Keeps responses for <see cref="Hosting.RouterOptions.ResponseTtl"/>.</summary>
internal interface IResponseStore
{
    /// <summary>Null when there is none, or no longer.</summary>
    /// <exception cref="ResponseStoreException">The store does not answer.</exception>
    Task<StoredResponse?> LoadAsync(string id, CancellationToken cancellationToken);

    /// <exception cref="ResponseStoreException">Nothing was stored.</exception>
    Task SaveAsync(string id, StoredResponse response, CancellationToken cancellationToken);

    /// <exception cref="ResponseStoreException">The store does not answer.</exception>
    Task DeleteAsync(string id, CancellationToken cancellationToken);
}

/// <summary>The state store did not take or give a response.</summary>
internal sealed class ResponseStoreException(string message, Exception? inner = null) : Exception(message, inner);
