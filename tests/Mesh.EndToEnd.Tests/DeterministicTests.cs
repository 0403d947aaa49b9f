using System.Net.Http.Json;
using System.Text.Json;

namespace Mesh.EndToEnd.Tests;

public sealed class DeterministicMesh() : MeshFixture("--Mesh:Sidecar=embedded", "--Mesh:Deterministic=true");

/// <summary>Experts on two workers, real models, a mixture of four of six.</summary>
public sealed class DeterministicTests(DeterministicMesh mesh) : IClassFixture<DeterministicMesh>
{
    [Fact]
    public async Task A_request_gets_the_same_tokens_alone_and_beside_seven_others()
    {
        // Of a slow start the first worker gets all; they spread once the second one has been there for some seconds.
        await MeshFixture.Eventually(async () => (await mesh.Router.ExpertsAsync()).Select(e => e.Worker).Distinct().Count() == 2, "there are experts on both workers", TimeSpan.FromMinutes(3));
        var alone = await TokensAsync("Tell me about the sea.", 42);
        var crowd = Enumerable.Range(0, 7).Select(n => TokensAsync($"Tell me about {n} and {n * 7}.", n)).ToArray();
        Assert.Equal(alone, await TokensAsync("Tell me about the sea.", 42));
        await Task.WhenAll(crowd);
        Assert.NotEqual(alone, await TokensAsync("Tell me about the sea.", 43));
    }

    private async Task<string> TokensAsync(string question, int seed)
    {
        using var response = await mesh.Router.PostAsJsonAsync("/v1/chat/completions", new
        {
            model = "mesh", temperature = 1, seed, max_tokens = 60, logprobs = true, messages = new[] { new { role = "user", content = question } },
        });
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        return string.Join(' ', answer.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content").EnumerateArray()
            .Select(t => t.GetProperty("token").GetString() + t.GetProperty("logprob").GetRawText()));
    }
}
