using System.Net.Http.Json;
using System.Text.Json;
using Mesh.Ensemble.Gating.Priors;
using Mesh.Ensemble.TokenLoop;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Router.Api.Generation;

namespace Router.Api.Tests.Generation;

/// <summary>Fatigue and exploration are settings: off as shipped, shown, and refused beyond a nat.</summary>
public sealed class SelectionPriorTests
{
    [Fact]
    public async Task They_are_off_and_can_be_turned_on()
    {
        await using var shipped = await RouterHost.StartAsync();
        Assert.Equal((0, 0), await ReadAsync(shipped));
        await using var on = await RouterHost.StartAsync(settings: ["--Mesh:Ensemble:Fatigue=1", "--Mesh:Ensemble:Exploration=0.5"]);
        Assert.Equal((1, 0.5), await ReadAsync(on));
    }

    /// <summary>The loop as the program makes it, not the one of the host's.</summary>
    [Fact]
    public async Task They_reach_the_token_loop()
    {
        await using var router = await RouterHost.StartAsync(new ScriptedLoop(), builder => builder.AddEnsemble(), "--Mesh:Ensemble:Fatigue=1", "--Mesh:Ensemble:Exploration=0.5");
        var loop = Assert.IsType<EnsembleTokenLoop>(router.Services.GetRequiredService<ITokenLoop>());
        Assert.Collection(loop.SelectionPriors, prior => Assert.IsType<FatiguePrior>(prior), prior => Assert.IsType<ExplorationPrior>(prior));
    }

    [Theory, InlineData("Fatigue"), InlineData("Exploration")]
    public async Task More_than_a_nat_ends_the_start_with_the_reason(string setting)
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => RouterHost.StartAsync(settings: [$"--Mesh:Ensemble:{setting}=1.5"]));
        Assert.Contains($"{setting} is 1.5; it must be 0 to 1.", fault.Message);
    }

    private static async Task<(double Fatigue, double Exploration)> ReadAsync(RouterHost router)
    {
        var ensemble = (await router.Client.GetFromJsonAsync<JsonElement>("/mesh/status")).GetProperty("ensemble");
        return (ensemble.GetProperty("fatigue").GetDouble(), ensemble.GetProperty("exploration").GetDouble());
    }
}
