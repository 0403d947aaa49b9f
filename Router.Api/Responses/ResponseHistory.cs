using System.Text.Json;
using Router.Api.Errors;

namespace Router.Api.Responses;

/// <summary>What a request goes on from: the responses before it, and the single items it names.</summary>
internal sealed class ResponseHistory(IResponseStore store)
{
    private const int MostBefore = 128, MostReferences = 128, AtOnce = 8;
    private const long MostCharacters = 4 << 20;

    /// <summary>The owner's response, or null.</summary>
    /// <exception cref="ApiException">503: the store does not answer.</exception>
    public async Task<StoredResponse?> FindAsync(string id, string? owner, CancellationToken cancellationToken)
    {
        if (!ItemIds.IsResponse(id))
            return null;
        try
        {
            return await store.LoadAsync(id, cancellationToken) is { } stored && stored.Owner == owner ? stored : null;
        }
        catch (ResponseStoreException e)
        {
            throw Unavailable(e);
        }
    }

    /// <summary>The responses up to and with <paramref name="previous"/>, oldest first.</summary>
    /// <exception cref="ApiException">400: one of them is gone, or they are too many. 503: the store does not answer.</exception>
    public async Task<Past> LoadAsync(string? previous, string? owner, CancellationToken cancellationToken)
    {
        if (previous is null)
            return new([], []);
        var last = await FindAsync(previous, owner, cancellationToken) ?? throw Gone(previous);
        if (last.Before.Count >= MostBefore)
            throw ApiErrors.Invalid("previous_response_id", $"Invalid 'previous_response_id': a conversation has at most {MostBefore} responses. Send its items as 'input' instead.", "conversation_too_long");
        var before = new StoredResponse[last.Before.Count];
        var characters = 0L;
        await Parallel.ForEachAsync(Enumerable.Range(0, before.Length), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (i, token) =>
        {
            before[i] = await FindAsync(last.Before[i], owner, token) ?? throw Gone(last.Before[i]);
            if (Interlocked.Add(ref characters, Size(before[i])) > MostCharacters)
                throw ApiErrors.Invalid("previous_response_id", $"Invalid 'previous_response_id': the conversation has more than {MostCharacters} characters. Send its items as 'input' instead.", "conversation_too_long");
        });
        return new([.. last.Before, previous], [.. before.Append(last).SelectMany(r => r.Input.Concat(r.Output)).Select(i => ConversationItem.Read(i, "previous_response_id"))]);
    }

    /// <summary><paramref name="input"/> with the items that it only names.</summary>
    /// <exception cref="ApiException">404: there is no such item. 503: the store does not answer.</exception>
    public async Task<IReadOnlyList<ConversationItem>> ResolveAsync(IReadOnlyList<ConversationItem> input, string? owner, CancellationToken cancellationToken)
    {
        if (input.All(i => i.Kind != ItemKind.Reference))
            return input;
        var known = new Dictionary<string, StoredResponse?>();
        var items = new List<ConversationItem>();
        foreach (var (index, item) in input.Index())
        {
            if (item.Kind != ItemKind.Reference)
            {
                items.Add(item);
                continue;
            }
            StoredResponse? holder = null;
            if (ItemIds.TryResponseOf(item.Id!, out var response) && !known.TryGetValue(response, out holder))
            {
                if (known.Count == MostReferences)
                    throw ApiErrors.Invalid($"input[{index}]", $"Invalid 'input': it names items of more than {MostReferences} responses.", "array_above_max_length");
                known[response] = holder = await FindAsync(response, owner, cancellationToken);
            }
            var found = holder?.Input.Concat(holder.Output).FirstOrDefault(i => i.GetProperty("id").ValueEquals(item.Id)) ?? default;
            items.Add(found.ValueKind == JsonValueKind.Object
                ? ConversationItem.Read(found, $"input[{index}]")
                : throw ApiErrors.NotFound($"Item with id '{item.Id}' not found. Items are kept when 'store' is true.", $"input[{index}].id"));
        }
        return items;
    }

    public static ApiException Unavailable(ResponseStoreException e) =>
        new(StatusCodes.Status503ServiceUnavailable, $"Stored responses cannot be reached now. {e.Message}", ApiErrors.ServerError, code: "state_unavailable") { RetryAfter = TimeSpan.FromSeconds(5) };

    private static ApiException Gone(string id) =>
        ApiErrors.Invalid("previous_response_id", $"Previous response with id '{(id.Length <= 64 ? id : id[..64])}' not found.", "previous_response_not_found");

    private static long Size(StoredResponse response) => response.Input.Concat(response.Output).Sum(i => (long)i.GetRawText().Length);

    /// <param name="Responses">Their ids.</param>
    /// <param name="Items">All their items.</param>
    internal sealed record Past(IReadOnlyList<string> Responses, IReadOnlyList<ConversationItem> Items);
}
