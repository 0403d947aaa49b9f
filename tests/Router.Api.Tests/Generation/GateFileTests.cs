using Mesh.Testing;
using System.Net.Http.Json;
using System.Text.Json;

namespace Router.Api.Tests.Generation;

public sealed class GateFileTests
{
    private static string Shipped => Path.Combine(Path.GetDirectoryName(Checkout.Model("code"))!, "gate.json");

    [Fact]
    public async Task The_gate_file_is_what_a_router_mixes_by_and_status_says_so()
    {
        await using var with = await RouterHost.StartAsync(settings: [$"--Mesh:GateFile={Shipped}"]);
        Assert.Equal("learned", await GateAsync(with));
        await using var without = await RouterHost.StartAsync();
        Assert.Equal("evidence", await GateAsync(without));
        await using var uniform = await RouterHost.StartAsync(settings: [$"--Mesh:GateFile={Shipped}", "--Mesh:Ensemble:Gate=uniform"]);
        Assert.Equal("uniform", await GateAsync(uniform));
    }

    [Fact]
    public async Task A_gate_file_that_cannot_be_used_ends_the_start_with_the_reason()
    {
        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => RouterHost.StartAsync(settings: ["--Mesh:GateFile=absent/gate.json"]));
        Assert.Contains("gate.json", fault.Message);
    }

    [Fact]
    public async Task The_shipped_gate_knows_the_shipped_experts()
    {
        var model = Mesh.Ensemble.Gating.GateModel.Load(Shipped);
        var experts = new[] { "arithmetic", "code", "lexicon", "scripture" };
        await using var router = await RouterHost.StartRealAsync(experts, $"--Mesh:GateFile={Shipped}");
        Assert.Subset(model.Experts.ToHashSet(), experts.ToHashSet());
        var status = await router.Client.GetFromJsonAsync<JsonElement>("/mesh/status");
        Assert.Equal(model.VocabularySize, router.Experts.Peers[0].Card.VocabularySize);
        Assert.Equal(model.Tokenizer, router.Experts.Peers[0].Card.TokenizerFingerprint);
        Assert.Equal("learned", status.GetProperty("ensemble").GetProperty("gate").GetString());
    }

    private static async Task<string?> GateAsync(RouterHost router) =>
        (await router.Client.GetFromJsonAsync<JsonElement>("/mesh/status")).GetProperty("ensemble").GetProperty("gate").GetString();
}
