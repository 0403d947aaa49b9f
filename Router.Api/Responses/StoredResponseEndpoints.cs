using System.Globalization;
using System.Text.Json;
using Router.Api.Errors;
using Router.Api.Json;
using Router.Api.OpenApi;
using Router.Api.Security;

namespace Router.Api.Responses;

/// <summary>What was kept: <c>GET</c> and <c>DELETE /v1/responses/{id}</c>, its <c>input_items</c>, and <c>cancel</c>, which none of them needs.</summary>
internal static class StoredResponseEndpoints
{
    private const int DefaultLimit = 20, MostItems = 100;   // OpenAI's

    public static void MapStoredResponses(this IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/responses/{id}", GetAsync).Produces<ResponseObject>().Describe("OpenAI", "A response that was kept.", StatusCodes.Status404NotFound);
        app.MapDelete("/v1/responses/{id}", DeleteAsync).Produces<ResponseDeleted>().Describe("OpenAI", "Forgets a response.", StatusCodes.Status404NotFound);
        app.MapGet("/v1/responses/{id}/input_items", ListAsync).Produces<ResponseItems>().Describe("OpenAI", "The items that were sent for a response.", StatusCodes.Status404NotFound);
        app.MapPost("/v1/responses/{id}/cancel", CancelAsync).Produces<ResponseObject>().Describe("OpenAI", "Refused: only background responses can be cancelled, and there are none.", StatusCodes.Status404NotFound);
    }

    private static async Task GetAsync(HttpContext context, string id, ResponseHistory history)
    {
        if (context.Request.Query["stream"] == "true")
            throw ApiErrors.Unsupported("stream", "Unsupported value: a kept response is not streamed again. Leave out 'stream'.");
        var stored = await FindAsync(context, id, history);
        await context.SendJsonAsync(stored.Response.WriteTo);
    }

    private static async Task DeleteAsync(HttpContext context, string id, ResponseHistory history, IResponseStore store)
    {
        _ = await FindAsync(context, id, history);
        try
        {
            await store.DeleteAsync(id, context.RequestAborted);
        }
        catch (ResponseStoreException e)
        {
            throw ResponseHistory.Unavailable(e);
        }
        await context.SendJsonAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString(Names.Id, id);
            json.WriteString(Names.Object, ResponseNames.Response);
            json.WriteBoolean("deleted"u8, true);
            json.WriteEndObject();
        });
    }

    private static async Task ListAsync(HttpContext context, string id, ResponseHistory history)
    {
        var query = context.Request.Query;
        var limit = DefaultLimit;
        if (query["limit"] is { Count: > 0 } asked && (!int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MostItems))
            throw ApiErrors.Invalid("limit", $"Invalid 'limit': expected 1 to {MostItems}.");
        if (query["order"] is { Count: > 0 } order && order != "asc" && order != "desc")
            throw ApiErrors.Invalid("order", "Invalid value for 'order'. Supported values are: 'asc' and 'desc'.");
        var items = (await FindAsync(context, id, history)).Input;
        if (query["order"] != "asc")
            items = [.. items.Reverse()];
        if (query["after"] is { Count: > 0 } after)
            items = [.. items.SkipWhile(i => IdOf(i) != after).Skip(1)];
        var page = items.Take(limit).ToArray();
        await context.SendJsonAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString(Names.Object, Names.List);
            json.WriteStartArray(Names.Data);
            foreach (var item in page)
                item.WriteTo(json);
            json.WriteEndArray();
            json.WriteString("first_id"u8, page.Length > 0 ? IdOf(page[0]) : null);
            json.WriteString("last_id"u8, page.Length > 0 ? IdOf(page[^1]) : null);
            json.WriteBoolean("has_more"u8, page.Length < items.Count);
            json.WriteEndObject();
        });
    }

    private static async Task CancelAsync(HttpContext context, string id, ResponseHistory history)
    {
        _ = await FindAsync(context, id, history);
        throw ApiErrors.Invalid("response_id", "Cannot cancel a synchronous response.", null);
    }

    private static string? IdOf(JsonElement item) => item.GetProperty("id").GetString();

    private static async Task<StoredResponse> FindAsync(HttpContext context, string id, ResponseHistory history) =>
        await history.FindAsync(id, Authentication.KeyName(context), context.RequestAborted)
            ?? throw ApiErrors.NotFound($"Response with id '{(id.Length <= 64 ? id : id[..64])}' not found.", "response_id");
}
