using System.Diagnostics;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using Xunit.Abstractions;

namespace Mesh.EndToEnd.Tests.SelfPrompt;

/// <summary>What the tests of the agent begin with: the mesh as it was set up, or repaired; and people and users who do their part.</summary>
public abstract class SelfPromptTests<TMesh>(TMesh mesh, ITestOutputHelper output) : IClassFixture<TMesh> where TMesh : BadMesh
{
    protected static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly EnsembleSettings Repair = new() { K = 4, Gate = "learned" };
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    protected TMesh Mesh => mesh;

    private protected People People => new(mesh.Router, mesh.Data);

    private protected SelfRuns Runs => new(mesh.Router);

    private protected Users Users => mesh.Users;

    /// <summary>Two people approve, and users ask until its canary is over.</summary>
    protected async Task TryAsync(string hash)
    {
        await People.ApproveOpenAsync(hash, "ben", "cleo");
        await MeshFixture.Eventually(async () =>
        {
            await Users.AskAsync(4);
            return await People.StatusAsync(hash) is not ("open" or "approved" or "deploying");
        }, "the canary is over", Limit);
        Say($"{Text(await People.ShowAsync(hash), "outcome")}");
    }

    /// <returns>The run's steps; each is an entry of the ledger, once.</returns>
    protected async Task<string[]> OnceInLedgerAsync(string run)
    {
        string[] steps = [.. (await Runs.StepsAsync(run)).Select(SelfRuns.NameOf)];
        string[] entries = [.. (await People.FindAsync("self", run)).Select(e => JsonElement.Parse(e).GetProperty("id").GetString()!)];
        Assert.Equal(steps.Select(s => $"self/{run}/{s}"), entries);
        Assert.Equal(entries.Distinct(), entries);
        return steps;
    }

    /// <summary>The mesh as it was set up: what people changed since, a halt takes back.</summary>
    protected async Task BadAsync()
    {
        await WellAsync();
        if (!await IsBadAsync())
            await People.HaltAsync("ben");
        await WellAsync();
        Assert.True(await IsBadAsync());
        Say("the mesh is as it was set up");
    }

    private async Task<bool> IsBadAsync() => (await People.ConfigurationAsync()).Routing.Ensemble == new EnsembleSettings();

    protected async Task RepairedAsync()
    {
        await WellAsync();
        if ((await People.ConfigurationAsync()).Routing.Ensemble is not { K: > 1 })
        {
            var hash = await People.ProposeAsync("ada", new SetEnsemble(Repair));
            await TryAsync(hash);
            Assert.Equal("promoted", await People.StatusAsync(hash));
        }
        Say("the mesh is repaired");
    }

    /// <summary>Nothing is halted, everybody is there, and the router runs what is in force.</summary>
    protected async Task WellAsync()
    {
        Skip.If(mesh.Missing is not null, mesh.Missing);
        foreach (var resource in (string[])["router", "governance", "selfprompt", mesh.AgentsSidecar])
            await mesh.App.ResourceNotifications.WaitForResourceHealthyAsync(resource, WaitBehavior.WaitOnResourceUnavailable).WaitAsync(Limit);
        await People.ReadyAsync(Limit);
        await People.ResumeAllAsync(Limit);
        await MeshFixture.Eventually(async () => (await mesh.Router.ExpertsAsync()).Count(e => e.State == "ready") >= 6, "six experts are ready", Limit);
        await MeshFixture.Eventually(async () => await People.RunningAsync() >= (await People.ConfigurationAsync()).Version, "the router runs what is in force", Limit);
        await Runs.ReadyAsync();
    }

    protected static string? Text(JsonElement json, string field) => json.TryGetProperty(field, out var value) ? value.GetString() : null;

    protected void Say(string what) => output.WriteLine($"{_clock.Elapsed.TotalSeconds,6:0.0} s  {what}");
}
