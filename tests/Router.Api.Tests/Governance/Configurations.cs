using Mesh.Contracts.Experts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Tiers;
using Mesh.Testing.Governance;

namespace Router.Api.Tests.Governance;

/// <summary>Versions of a configuration that tests give to their node.</summary>
internal static class Configurations
{
    public const string Proposal = "5f1d3c0f2a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f";

    public static MeshConfiguration Of(long version, RoutingSettings? routing = null, CanarySettings? canary = null, SecuritySettings? security = null) => new()
    {
        Mesh = "test", Version = version, Routing = routing ?? new(), Canary = canary, Security = security, Policy = new() { GovernedRegistration = false, PhaseThresholds = [2, 3, 4] },
    };

    public static RoutingSettings Quarantine(params string[] experts) => new() { Experts = new() { Quarantined = [.. experts.Select(ExpertId.Parse)] } };

    /// <summary>Gives the node a version and waits until the router runs it, or says why it does not.</summary>
    public static async Task GovernAsync(this RouterHost router, MeshConfiguration configuration, bool isRefused = false)
    {
        router.Node.Configuration = configuration;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var governance = (await router.StatusAsync()).GetProperty("governance");
            if (isRefused ? governance.GetProperty("fault").ValueKind == System.Text.Json.JsonValueKind.String : governance.GetProperty("configuration").GetInt64() == configuration.Version)
                return;
            await Task.Delay(5, limit.Token);
        }
    }

    public static async Task<System.Text.Json.JsonElement> StatusAsync(this RouterHost router) =>
        System.Text.Json.JsonDocument.Parse(await router.Client.GetStringAsync("/mesh/status")).RootElement;
}
