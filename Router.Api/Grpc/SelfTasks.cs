using System.Net.Http.Json;
using System.Text.Json;
using Router.Api.Governance.Forwarding;

namespace Router.Api.Grpc;

/// <summary>Gives work of the mesh on itself to its agent.</summary>
internal sealed class SelfTasks(MeshApps apps, TimeProvider time)
{
    public const int MostKindCharacters = 64;
    private const int MostPreview = 200;
    private const int MostAnswerBytes = 64 << 10;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>What the agent says of it: the beginning of its prompt, or why it does not take it.</summary>
    public async Task<(bool Accepted, string Preview)> SubmitAsync(string kind, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{MeshApp.SelfPrompt.Address}/selfprompt/runs") { Content = JsonContent.Create(new { kind }) };
            using var response = await apps.Client.SendAsync(request, either.Token);
            await response.Content.LoadIntoBufferAsync(MostAnswerBytes, either.Token);
            if (await SidecarError.IsAsync(response, either.Token))
                return (false, MeshApp.SelfPrompt.AwayMessage);
            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(either.Token));
            return response.IsSuccessStatusCode
                ? (true, Text(document.RootElement, "preview"))
                : (false, Text(document.RootElement, "detail") is { Length: > 0 } detail ? detail : Text(document.RootElement, "title"));
        }
        catch (JsonException)
        {
            return (false, "The self-prompt agent gave no answer that can be read.");
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return (false, MeshApp.SelfPrompt.AwayMessage);
        }
    }

    private static string Text(JsonElement answer, string field)
    {
        var text = answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return text.Length <= MostPreview ? text : text[..(char.IsHighSurrogate(text[MostPreview - 1]) ? MostPreview - 1 : MostPreview)];
    }
}
