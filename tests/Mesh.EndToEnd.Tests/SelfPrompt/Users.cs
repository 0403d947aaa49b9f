using System.Net.Http.Json;
using System.Text.Json;

namespace Mesh.EndToEnd.Tests.SelfPrompt;

/// <summary>People who ask the mesh short questions, and say what they think of the answers.</summary>
internal sealed class Users(HttpClient router)
{
    private const int MostTokens = 6;   // so few that no canary compares the time of tokens, which a busy machine decides
    private int _asked;

    public sealed record Answer(string Completion, string Prompt, string Text, string Arm);

    public Task AskAsync(int questions) => Task.WhenAll(Enumerable.Range(0, questions).Select(_ => AskAsync($"What is {11 + Interlocked.Increment(ref _asked) % 60} + 25?")));

    public async Task<Answer> AskAsync(string prompt)
    {
        var request = new { model = "mesh", max_tokens = MostTokens, mesh = new { trace = true }, messages = new[] { new { role = "user", content = prompt } } };
        using var answer = await router.PostAsJsonAsync("/v1/chat/completions", request);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        var choice = JsonElement.Parse(body).GetProperty("choices")[0];
        return new(
            JsonElement.Parse(body).GetProperty("id").GetString()!, prompt, choice.GetProperty("message").GetProperty("content").GetString() ?? "",
            choice.GetProperty("mesh").TryGetProperty("arm", out var arm) ? arm.GetString() ?? "" : "");
    }

    public async Task VoteAsync(Answer answer, bool isGood, string? comment = null)
    {
        using var kept = await router.PostAsJsonAsync("/mesh/feedback", new { vote = isGood ? "up" : "down", completion_id = answer.Completion, prompt = answer.Prompt, answer = answer.Text, comment });
        Assert.True(kept.IsSuccessStatusCode, await kept.Content.ReadAsStringAsync());
    }
}
