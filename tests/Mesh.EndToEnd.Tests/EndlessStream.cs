using System.Net.Http.Json;
using System.Text.Json;

namespace Mesh.EndToEnd.Tests;

/// <summary>A client that has a long answer streamed to it, and asks again when it is over, until an error ends it.</summary>
internal sealed class EndlessStream
{
    private const int EnoughTokens = 5;
    private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EndlessStream(HttpClient router, string question, CancellationToken cancellationToken) => Ended = RunAsync(router, question, cancellationToken);

    /// <summary>Tokens are coming.</summary>
    public Task Running => Task.WhenAny(_running.Task, Ended).Unwrap();

    /// <summary>The code of the error that ended it: as the last event of a stream, or of a request between two answers.</summary>
    public Task<string?> Ended { get; }

    /// <summary>The token that ends an answer is forbidden, so that it goes on to its limit.</summary>
    private static object Question(string question) => new
    {
        model = "mesh",
        messages = new[] { new { role = "user", content = question } },
        logit_bias = new Dictionary<string, int> { ["2"] = -100 },
        max_tokens = 400,
        stream = true,
    };

    private async Task<string?> RunAsync(HttpClient router, string question, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = JsonContent.Create(Question(question)) };
            using var response = await router.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!response.IsSuccessStatusCode)
                return await People.CodeAsync(response);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            var (tokens, isDone) = (0, false);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                if (!line.StartsWith("data: ", StringComparison.Ordinal))
                    continue;
                var data = line["data: ".Length..];
                Assert.False(isDone, $"After the end came: {data}");
                if (data == "[DONE]")
                    isDone = true;
                else if (JsonElement.Parse(data).TryGetProperty("error", out var error))
                    return error.GetProperty("code").GetString();
                else if (++tokens == EnoughTokens)
                    _running.TrySetResult();
            }
            Assert.True(isDone, "The stream ended with neither [DONE] nor an error.");
        }
    }
}
