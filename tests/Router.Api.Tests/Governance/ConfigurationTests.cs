using System.Net.Http.Json;
using System.Text.Json;
using Mesh.Contracts.Experts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Router.Api.Tests.Governance;

/// <summary>What people decide is what sessions are answered with, from one token to the next.</summary>
public sealed class ConfigurationTests
{
    private const string Path = "/v1/chat/completions";

    [Fact]
    public async Task A_running_stream_takes_a_new_version_between_two_tokens_and_its_undoing_too()
    {
        await using var router = await RouterHost.StartToysAsync();
        await router.GovernAsync(Configurations.Of(1));
        var seen = new List<(long Version, int Voters)>();
        await foreach (var chunk in StreamAsync(router, new { k = 3, trace = true, slide_anchor = 4 }))
        {
            if (!chunk.TryGetProperty("mesh", out var mesh))
                continue;
            foreach (var token in mesh.GetProperty("tokens").EnumerateArray())
                seen.Add((mesh.GetProperty("configuration").GetInt64(), Voters(token).Length));
            if (seen.Count(s => s.Version == 3) > 200)
                break;
            if (seen.Count == 40)
                await router.GovernAsync(Configurations.Of(2, Configurations.Quarantine("alpha", "beta")));
            if (seen.Count(s => s.Version == 2) == 40)
                await router.GovernAsync(Configurations.Of(3));
        }
        Assert.Equal([1, 2, 3], seen.Select(s => s.Version).Distinct());
        Assert.Equal(seen.Select(s => s.Version).Order(), seen.Select(s => s.Version));
        // The request named K itself, so that stays; of four experts two are left meanwhile, and those that come back have some text to catch up with.
        Assert.All(seen.Where(s => s.Version < 3).Concat(seen.TakeLast(100)), s => Assert.Equal(s.Version == 2 ? 2 : 3, s.Voters));
        await EventuallyAsync(() => router.Experts.Toys.All(toy => toy.Sessions == 0));
    }

    [Fact]
    public async Task Settings_of_the_mesh_follow_people_and_those_of_the_request_stay()
    {
        await using var router = await RouterHost.StartToysAsync(settings: ["--Mesh:Ensemble:K=4"]);
        await router.GovernAsync(Configurations.Of(1, new() { Ensemble = new() { K = 2, Gate = "uniform" } }));
        Assert.Equal(new[] { 0.5f, 0.5f }, Weights(await AskAsync(router, new { trace = true })));
        Assert.Equal(3, Names(await AskAsync(router, new { trace = true, k = 3 })).Length);
        var ensemble = (await router.StatusAsync()).GetProperty("ensemble");
        Assert.Equal((2, "uniform"), (ensemble.GetProperty("k").GetInt32(), ensemble.GetProperty("gate").GetString()));
        await router.GovernAsync(Configurations.Of(2));
        Assert.Equal(4, Names(await AskAsync(router, new { trace = true })).Length);
        Assert.Equal("evidence", (await router.StatusAsync()).GetProperty("ensemble").GetProperty("gate").GetString());
    }

    [Fact]
    public async Task A_version_out_of_range_is_refused_and_named_and_the_old_one_stays()
    {
        await using var router = await RouterHost.StartToysAsync();
        await router.GovernAsync(Configurations.Of(1, new() { Ensemble = new() { K = 2 } }));
        await router.GovernAsync(Configurations.Of(2, new() { Ensemble = new() { K = 99, Mix = "stirred", EvidenceDecay = 1 } }), isRefused: true);
        var governance = (await router.StatusAsync()).GetProperty("governance");
        Assert.Equal(1, governance.GetProperty("configuration").GetInt64());
        var applied = router.Services.GetRequiredService<IAppliedVersion>();
        Assert.Equal(1, applied.Applied);
        var fault = governance.GetProperty("fault").GetString()!;
        Assert.All(["K is 99", "Mix is 'stirred'", "EvidenceDecay is 1"], part => Assert.Contains(part, fault));
        Assert.Equal(2, Names(await AskAsync(router, new { trace = true })).Length);
        await router.GovernAsync(Configurations.Of(3, new() { Ensemble = new() { K = 1 } }));
        Assert.Equal(JsonValueKind.Null, (await router.StatusAsync()).GetProperty("governance").GetProperty("fault").ValueKind);
        Assert.Single(Names(await AskAsync(router, new { trace = true })));
        Assert.Equal(3, applied.Applied);
        await router.GovernAsync(Configurations.Of(4, new() { Gate = new('a', 64) }));   // a gate file that nobody has
        Assert.Equal(3, applied.Applied);
    }

    [Fact]
    public async Task A_quarantined_expert_is_in_no_mixture_and_cannot_be_named_until_it_is_released()
    {
        await using var router = await RouterHost.StartToysAsync();
        await router.GovernAsync(Configurations.Of(1, Configurations.Quarantine("beta")));
        Assert.DoesNotContain("beta", Names(await AskAsync(router, new { trace = true })));
        await RouterHost.ErrorAsync(await router.PostAsync(Path, """{"model":"beta","messages":[{"role":"user","content":"Hi"}]}"""), 503);
        await RouterHost.ErrorAsync(await router.PostAsync(Path, """{"model":"mesh","mesh":{"experts":["beta"]},"messages":[{"role":"user","content":"Hi"}]}"""), 503);
        await RouterHost.ErrorAsync(await router.PostAsync("/v1/embeddings", """{"model":"beta","input":"Hi"}"""), 503);
        var experts = JsonDocument.Parse(await router.Client.GetStringAsync("/mesh/experts")).RootElement.GetProperty("experts").EnumerateArray();
        Assert.Equal("quarantined", experts.Single(e => e.GetProperty("id").GetString() == "beta").GetProperty("state").GetString());
        await router.GovernAsync(Configurations.Of(2));
        Assert.Contains("beta", Names(await AskAsync(router, new { trace = true })));
    }

    [Fact]
    public async Task Admitted_and_removed_experts_reach_the_directory_and_are_undone_with_their_version()
    {
        await using var router = await RouterHost.StartToysAsync();
        var spec = new ExpertSpec { Id = ExpertId.Parse("new"), ModelPath = "new.gguf" };
        await router.GovernAsync(Configurations.Of(1, new() { Experts = new() { Admitted = [spec], Removed = [ExpertId.Parse("gamma")] } }));
        await EventuallyAsync(() => router.Experts.Governed is ([{ } only], [{ Value: "gamma" }]) && only == spec);
        Assert.DoesNotContain("gamma", Names(await AskAsync(router, new { trace = true })));
        await router.GovernAsync(Configurations.Of(2));
        await EventuallyAsync(() => router.Experts.Governed is ([], []));
        Assert.Contains("gamma", Names(await AskAsync(router, new { trace = true })));
    }

    [Fact]
    public async Task A_request_may_name_the_experts_that_answer_it()
    {
        await using var router = await RouterHost.StartToysAsync();
        Assert.Equal(["beta", "delta"], Names(await AskAsync(router, new { trace = true, experts = new[] { "delta", "beta" } })).Order());
        foreach (var (experts, path) in new[] { ("""["beta","nobody"]""", "mesh.experts[1]"), ("[]", "mesh.experts"), ("[1]", "mesh.experts[0]"), ("""["mesh"]""", "mesh.experts[0]"), ("\"beta\"", "mesh.experts") })
        {
            var error = await RouterHost.ErrorAsync(await router.PostAsync(Path, "{\"model\":\"mesh\",\"mesh\":{\"experts\":" + experts + "},\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"), 400);
            Assert.Equal(path, error.GetProperty("param").GetString());
        }
        var many = string.Join(',', Enumerable.Repeat("\"beta\"", 17));
        await RouterHost.ErrorAsync(await router.PostAsync(Path, "{\"model\":\"mesh\",\"mesh\":{\"experts\":[" + many + "]},\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"), 400);
    }

    [Fact]
    public async Task Without_governance_nothing_is_told_but_that_there_is_none()
    {
        await using var router = await RouterHost.StartToysAsync();
        var response = await router.Client.GetAsync("/mesh/status");
        Assert.False(response.Headers.Contains("x-mesh-lease"));
        var governance = (await router.StatusAsync()).GetProperty("governance");
        Assert.False(governance.GetProperty("enabled").GetBoolean());
        Assert.Equal((0, "none", false), (governance.GetProperty("configuration").GetInt64(), governance.GetProperty("lease").GetString(), governance.GetProperty("halted").GetBoolean()));
    }

    private static Task<JsonElement> AskAsync(RouterHost router, object mesh) =>
        router.AskAsync(Path, new { model = "mesh", max_tokens = 4, seed = 1, mesh, messages = new[] { new { role = "user", content = "Hi" } } });

    private static async IAsyncEnumerable<JsonElement> StreamAsync(RouterHost router, object mesh)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path)
        {
            // No end token, so that it lasts.
            Content = JsonContent.Create(new { model = "mesh", max_tokens = 100_000, seed = 1, stream = true, mesh, logit_bias = FakeExperts.Tokenizer.EndTokens.ToDictionary(t => $"{t}", _ => -100), messages = new[] { new { role = "user", content = "Hi" } } }),
        };
        using var response = await router.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
            if (line.StartsWith("data: {", StringComparison.Ordinal))
                yield return JsonDocument.Parse(line["data: ".Length..]).RootElement;
    }

    private static JsonElement LastToken(JsonElement answer) => answer.GetProperty("choices")[0].GetProperty("mesh").GetProperty("tokens").EnumerateArray().Last();

    private static string[] Names(JsonElement answer) => Voters(LastToken(answer));

    private static float[] Weights(JsonElement answer) => [.. LastToken(answer).GetProperty("votes").EnumerateArray().Select(v => v.GetProperty("weight").GetSingle()).Where(w => w > 0)];

    private static string[] Voters(JsonElement token) =>
        [.. token.GetProperty("votes").EnumerateArray().Where(v => v.GetProperty("dropped").ValueKind == JsonValueKind.Null).Select(v => v.GetProperty("expert").GetString()!)];

    private static async Task EventuallyAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!holds())
            await Task.Delay(5, limit.Token);
    }
}
