using System.Text.Json;
using System.Text.Json.Nodes;

namespace SelfPrompt.Agent.Proposing;

/// <summary>Marks what the model connector asks of the mesh as background work: its own SDK has no word for it.</summary>
internal sealed class BackgroundHandler : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content?.Headers.ContentType?.MediaType == "application/json" && JsonNode.Parse(await request.Content.ReadAsByteArrayAsync(cancellationToken)) is JsonObject body)
        {
            body["mesh"] = new JsonObject { ["background"] = true };
            request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { ContentType = new("application/json") } };
        }
        return await base.SendAsync(request, cancellationToken);
    }
}
