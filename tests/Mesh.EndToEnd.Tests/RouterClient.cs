using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Mesh.EndToEnd.Tests;

/// <summary>What a client sees of the router.</summary>
internal static class RouterClient
{
    public sealed record Expert(string Id, string State, string? Reason, string? Worker);

    public static async Task<IReadOnlyList<Expert>> ExpertsAsync(this HttpClient router)
    {
        using var document = JsonDocument.Parse(await router.GetStringAsync("/mesh/experts"));
        var list = document.RootElement.ValueKind == JsonValueKind.Array ? document.RootElement : document.RootElement.GetProperty("experts");
        return [.. list.EnumerateArray().Select(e => new Expert(
            e.GetProperty("id").GetString()!, e.GetProperty("state").GetString()!.ToLowerInvariant(),
            e.TryGetProperty("reason", out var reason) ? reason.GetString() : null,
            e.TryGetProperty("worker", out var worker) ? worker.GetString() : null))];
    }

    public static object Chat(string question, string model = "mesh", int maxTokens = 64, bool stream = false) => new
    {
        model,
        messages = new[] { new { role = "user", content = question } },
        temperature = 0,
        max_tokens = maxTokens,
        stream,
    };

    public static async Task<string> AskAsync(this HttpClient router, string question, string model = "mesh")
    {
        using var response = await router.PostAsJsonAsync("/v1/chat/completions", Chat(question, model));
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        using var document = JsonDocument.Parse(body);
        return document.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
    }

    /// <summary>The data lines of a stream, "[DONE]" included.</summary>
    public static async IAsyncEnumerable<string> StreamAsync(
        this HttpClient router, object request, string path = "/v1/chat/completions", [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(request) };
        using var response = await router.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
            Assert.Fail(await response.Content.ReadAsStringAsync(cancellationToken));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
            if (line.StartsWith("data: ", StringComparison.Ordinal))
                yield return line["data: ".Length..];
    }

    /// <summary>The text that a data line of a chat stream adds, or null.</summary>
    public static string? Delta(string data)
    {
        if (data == "[DONE]")
            return null;
        using var document = JsonDocument.Parse(data);
        Assert.False(document.RootElement.TryGetProperty("error", out var error), error.ToString());
        var choices = document.RootElement.GetProperty("choices");
        return choices.GetArrayLength() > 0 && choices[0].GetProperty("delta").TryGetProperty("content", out var text) ? text.GetString() : null;
    }
}
