using System.Net.Http.Json;
using System.Text.Json;
using Mesh.Contracts.Experts;
using Router.Api.Experts;

namespace Router.Api.Tests.MeshApi;

public sealed class ExpertApiTests
{
    [Fact]
    public async Task Experts_are_listed_with_state_and_reason_and_only_ready_ones_are_models()
    {
        var experts = new FakeExperts("alpha", "beta");
        experts.Put("broken", ExpertState.Refused, "The file is corrupt.");
        await using var router = await RouterHost.StartAsync(experts);
        var list = (await router.Client.GetFromJsonAsync<JsonElement>("/mesh/experts")).GetProperty("experts").EnumerateArray().ToArray();
        Assert.Equal([("alpha", "ready", null), ("beta", "ready", null), ("broken", "refused", "The file is corrupt.")],
            list.Select(e => (e.GetProperty("id").GetString(), e.GetProperty("state").GetString(), e.GetProperty("reason").GetString())));
        Assert.Equal(512, list[0].GetProperty("model").GetProperty("context_length").GetInt32());
        var models = await router.Client.GetFromJsonAsync<JsonElement>("/v1/models");
        Assert.Equal("list", models.GetProperty("object").GetString());
        Assert.Equal(["mesh", "alpha", "beta"], models.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()));
        var model = await router.Client.GetFromJsonAsync<JsonElement>("/v1/models/beta");
        Assert.Equal(["id", "object", "created", "owned_by", "context_length", "max_model_len"], model.EnumerateObject().Select(p => p.Name));
        Assert.Equal(512, model.GetProperty("context_length").GetInt32());
        Assert.Equal(512, models.GetProperty("data")[0].GetProperty("max_model_len").GetInt32());
    }

    [Fact]
    public async Task An_expert_goes_offline_and_comes_back()
    {
        await using var router = await RouterHost.StartAsync();
        var view = await (await router.Client.PostAsync("/mesh/experts/beta/offline", null)).Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("offline", view.GetProperty("state").GetString());
        await RouterHost.ErrorAsync(await router.PostAsync("/v1/completions", """{"model":"beta","prompt":"x"}"""), 503);
        await router.Client.PostAsync("/mesh/experts/beta/online", null);
        Assert.True((await router.PostAsync("/v1/completions", """{"model":"beta","prompt":"x"}""")).IsSuccessStatusCode);
    }

    [Fact]
    public async Task An_expert_is_registered_and_removed()
    {
        await using var router = await RouterHost.StartAsync();
        ExpertSpec? seen = null;
        router.Experts.OnRegister = spec =>
        {
            seen = spec;
            return new() { Id = spec.Id, State = ExpertState.Loading };
        };
        using var response = await router.PostAsync("/mesh/experts",
            """{"id":"delta","model_path":"/models/delta.gguf","adapters":[{"path":"/models/a.gguf","scale":0.5}],"threads":2,"context_length":256,"description":"tests"}""");
        Assert.Equal(202, (int)response.StatusCode);
        Assert.Equal(("delta", "/models/delta.gguf", 2, 256, "tests"), (seen!.Id.Value, seen.ModelPath, seen.Threads, seen.ContextLength, seen.Description));
        Assert.Equal([new AdapterSpec("/models/a.gguf", 0.5f)], seen.Adapters);
        Assert.Equal(204, (int)(await router.Client.DeleteAsync("/mesh/experts/delta")).StatusCode);
        await RouterHost.ErrorAsync(await router.Client.DeleteAsync("/mesh/experts/delta"), 404);
    }

    [Theory]
    [InlineData("""{"model_path":"x"}""", "id")]
    [InlineData("""{"id":"A B","model_path":"x"}""", "id")]
    [InlineData("""{"id":"a"}""", "model_path")]
    [InlineData("""{"id":"a","model_path":"x","threads":0}""", "threads")]
    [InlineData("""{"id":"a","model_path":"x","adapters":[{}]}""", "adapters[0].path")]
    public async Task A_bad_registration_is_refused_by_name(string body, string parameter)
    {
        await using var router = await RouterHost.StartAsync();
        Assert.Equal(parameter, (await RouterHost.ErrorAsync(await router.PostAsync("/mesh/experts", body), 400)).GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_refused_expert_says_why()
    {
        await using var router = await RouterHost.StartAsync();
        router.Experts.OnRegister = spec => new() { Id = spec.Id, State = ExpertState.Refused, Reason = "another tokenizer" };
        var error = await RouterHost.ErrorAsync(await router.PostAsync("/mesh/experts", """{"id":"a","model_path":"x"}"""), 422);
        Assert.Equal("expert_refused", error.GetProperty("code").GetString());
        Assert.Contains("another tokenizer", error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_told_and_nothing_is_changed()
    {
        await using var router = await RouterHost.StartAsync();
        router.Experts.OnRegister = _ => throw new SpecStoreException("The state store 'statestore' does not answer.");
        using var response = await router.PostAsync("/mesh/experts", """{"id":"a","model_path":"x"}""");
        Assert.NotNull(response.Headers.RetryAfter);
        var error = await RouterHost.ErrorAsync(response, 503);
        Assert.Equal("state_unavailable", error.GetProperty("code").GetString());
        Assert.Contains("statestore", error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Status_tells_what_the_mesh_is_made_of()
    {
        await using var router = await RouterHost.StartAsync();
        var status = await router.Client.GetFromJsonAsync<JsonElement>("/mesh/status");
        Assert.Equal("ready", status.GetProperty("status").GetString());
        Assert.Equal(3, status.GetProperty("experts_ready").GetInt32());
        Assert.Equal("evidence", status.GetProperty("ensemble").GetProperty("gate").GetString());
    }
}
