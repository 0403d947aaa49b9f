using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Mesh.EndToEnd.Tests;

/// <summary>What every mesh does, whichever sidecar and transport carries it.</summary>
public abstract partial class MeshContract<TFixture>(TFixture mesh) : IClassFixture<TFixture> where TFixture : MeshFixture
{
    private const string Verse = "Continue the verse: In the beginning";

    private HttpClient Router
    {
        get
        {
            Skip.If(mesh.Missing is not null, mesh.Missing);
            return mesh.Router;
        }
    }

    [SkippableFact]
    public async Task Models_are_the_mixture_and_each_expert()
    {
        using var models = JsonDocument.Parse(await Router.GetStringAsync("/v1/models"));
        var ids = models.RootElement.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()).ToArray();
        Assert.Equal("mesh", ids[0]);
        Assert.Equal(["arithmetic", "code", "generalist", "lexicon", "scripture", "unix"], ids[1..].Order());
    }

    [SkippableFact]
    public async Task The_mesh_can_add() => Assert.Contains("42", await Router.AskAsync("What is 17 + 25?"));

    [SkippableFact]
    public async Task The_mesh_answers_a_definition_like_a_dictionary() =>
        Assert.Matches("[a-z]{3,}( [a-z,;()-]+){3,}", (await Router.AskAsync("Define photosynthesis.")).ToLowerInvariant());

    [SkippableFact]
    public async Task A_single_expert_answers_by_its_name() => Assert.Contains("42", await Router.AskAsync("What is 17 + 25?", "arithmetic"));

    [SkippableFact]
    public async Task A_stream_says_the_same_token_by_token_and_ends_with_DONE()
    {
        var lines = new List<string>();
        await foreach (var line in Router.StreamAsync(RouterClient.Chat("What is 17 + 25?", stream: true)))
            lines.Add(line);
        Assert.Equal("[DONE]", lines[^1]);
        var text = new StringBuilder();
        foreach (var line in lines)
            text.Append(RouterClient.Delta(line));
        Assert.Equal(await Router.AskAsync("What is 17 + 25?"), text.ToString());
    }

    [SkippableFact]
    public async Task Eight_clients_at_once_get_their_own_answers()
    {
        var answers = await Task.WhenAll(Enumerable.Range(11, 8).Select(n => Router.AskAsync($"What is {n} + 25?", "arithmetic")));
        for (var n = 0; n < 8; n++)
            Assert.Contains($"= {n + 36}", answers[n]);
    }

    [SkippableFact]
    public async Task An_expert_embeds_texts_that_are_alike_alike()
    {
        using var response = await Router.PostAsJsonAsync("/v1/embeddings", new { model = "generalist", input = new[] { "And God said", "And the Lord spoke", "import os, sys" } });
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        using var document = JsonDocument.Parse(body);
        var vectors = document.RootElement.GetProperty("data").EnumerateArray()
            .Select(e => e.GetProperty("embedding").EnumerateArray().Select(v => v.GetSingle()).ToArray()).ToArray();
        Assert.Equal([1f, 1f, 1f], vectors.Select(v => MathF.Round(v.Sum(x => x * x), 3)));
        Assert.True(vectors[0].Zip(vectors[1], (a, b) => a * b).Sum() > vectors[0].Zip(vectors[2], (a, b) => a * b).Sum());
    }

    [SkippableFact]
    public async Task A_prompt_beyond_the_context_window_is_refused_by_code()
    {
        using var response = await Router.PostAsJsonAsync("/v1/chat/completions", RouterClient.Chat(string.Join(' ', Enumerable.Repeat("word", 2000))));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        using var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("context_length_exceeded", error.RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    [SkippableFact]
    public async Task A_stream_outlives_the_worker_that_dies_under_it()
    {
        var router = Router;
        var victim = (await router.ExpertsAsync()).First(e => e.Id == "lexicon").Worker;
        var (tokens, killed) = (0, false);
        var request = RouterClient.Chat(Verse, maxTokens: 200, stream: true);
        string? last = null;
        await foreach (var line in router.StreamAsync(request))
        {
            last = line;
            if (RouterClient.Delta(line) is not null && ++tokens == 5)
            {
                mesh.Kill(victim is "worker-2" ? "worker-2" : "worker-1");
                killed = true;
            }
        }
        Assert.True(killed, "The answer was over before the worker could be killed.");
        Assert.Equal("[DONE]", last);
        await AnswersAgainAsync();
    }

    [SkippableFact]
    public async Task An_expert_whose_worker_dies_comes_up_elsewhere_and_its_answer_goes_on()
    {
        var router = Router;
        var host = (await router.ExpertsAsync()).First(e => e.Id == "arithmetic").Worker;
        var text = new StringBuilder();
        var tokens = 0;
        await foreach (var line in router.StreamAsync(RouterClient.Chat("What is 17 + 25?", "arithmetic", stream: true)))
        {
            text.Append(RouterClient.Delta(line));
            if (RouterClient.Delta(line) is not null && ++tokens == 1)
                mesh.Kill(host is "worker-2" ? "worker-2" : "worker-1");
        }
        Assert.Contains("42", text.ToString());
        await AnswersAgainAsync();
    }
}

public sealed class MeshOnTheEmbeddedSidecar(EmbeddedMesh mesh) : MeshContract<EmbeddedMesh>(mesh);

public sealed class MeshOverActorCalls(ActorTransportMesh mesh) : MeshContract<ActorTransportMesh>(mesh);

public sealed class MeshOnRealDapr(DaprdMesh mesh) : MeshContract<DaprdMesh>(mesh);
