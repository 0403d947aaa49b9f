using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using Xunit.Abstractions;

namespace Mesh.EndToEnd.Tests.SelfPrompt;

/// <summary>The mesh improves itself, under people: what its agent finds, they decide, and what does not do as it was promised does not stay. Each test begins with the mesh as it was set up, or with it repaired.</summary>
public abstract partial class SelfPromptStory<TMesh>(TMesh mesh, ITestOutputHelper output) : IClassFixture<TMesh> where TMesh : BadMesh
{
    private const int MostRuns = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly EnsembleSettings Repair = new() { K = 4, Gate = "learned" };
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    private People People => new(mesh.Router, mesh.Data);

    private SelfRuns Runs => new(mesh.Router);

    private Users Users => new(mesh.Router);

    [SkippableFact]
    public async Task A_badly_set_up_mesh_proposes_its_repair_people_approve_it_and_the_promise_is_kept()
    {
        await BadAsync();
        await Users.AskAsync(8);
        var (run, hash) = await RepairAsync();
        var proposal = await People.ShowAsync(hash);
        Assert.Equal(("agent", "deploy_minor", "open"), (Text(proposal, "proposer"), Text(proposal, "tier"), Text(proposal, "status")));
        Assert.Equal(HttpStatusCode.Forbidden, (await People.VoteAsync("agent", hash, VoteChoice.Approve)).Status);
        await TryAsync(hash);
        Assert.Equal("promoted", await People.StatusAsync(hash));
        var line = await Runs.EndAsync(run);
        Say($"{line}");
        Assert.Equal("kept", Text(line, "outcome"));
        var (promised, measured) = (line.GetProperty("promised"), line.GetProperty("measured"));
        Assert.Equal(Text(promised, "metric"), Text(measured, "metric"));
        Assert.True(measured.GetProperty("gain").GetDouble() > 0 && measured.GetProperty("high").GetDouble() >= promised.GetProperty("low").GetDouble(), $"{line}");
        string[] steps = await OnceInLedgerAsync(run);
        Assert.Equal(["begin", "observe", "analyse", "propose"], steps[..4]);
        Assert.Equal(["review", "measure", "end"], steps[^3..]);
        Assert.All(steps[4..^3], step => Assert.StartsWith("validate-", step));
        await People.VerifyLedgerAsync($"self/{run}/begin", $"self/{run}/end");
    }

    /// <summary>Runs of everything, until one proposes settings; texts that others propose meanwhile people take.</summary>
    private async Task<(string Run, string Proposal)> RepairAsync()
    {
        for (var i = 0; i < MostRuns; i++)
        {
            var run = await Runs.BeginAsync();
            var hash = await Runs.ProposalAsync(run);
            Say($"{await Runs.FindAsync(run)}");
            Assert.NotNull(hash);
            var operation = (await People.ShowAsync(hash)).GetProperty("operation");
            if (Text(operation, "kind") == "set_ensemble")
                return (run, hash);
            await People.ApproveOpenAsync(hash, "ben", "cleo", "ada");
            Assert.Equal("accepted", Text(await Runs.EndAsync(run), "outcome"));
        }
        throw new InvalidOperationException($"{MostRuns} runs proposed no settings.");
    }

    /// <summary>Two people approve, and users ask until its canary is over.</summary>
    private async Task TryAsync(string hash)
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
    private async Task<string[]> OnceInLedgerAsync(string run)
    {
        string[] steps = [.. (await Runs.StepsAsync(run)).Select(SelfRuns.NameOf)];
        string[] entries = [.. (await People.FindAsync("self", run)).Select(e => JsonElement.Parse(e).GetProperty("id").GetString()!)];
        Assert.Equal(steps.Select(s => $"self/{run}/{s}"), entries);
        Assert.Equal(entries.Distinct(), entries);
        return steps;
    }

    /// <summary>The mesh as it was set up: what people changed since, a halt takes back.</summary>
    private async Task BadAsync()
    {
        await WellAsync();
        if (!await IsBadAsync())
            await People.HaltAsync("ben");
        await WellAsync();
        Assert.True(await IsBadAsync());
        Say("the mesh is as it was set up");
    }

    private async Task<bool> IsBadAsync() => (await People.ConfigurationAsync()).Routing.Ensemble == new EnsembleSettings();

    private async Task RepairedAsync()
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
    private async Task WellAsync()
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

    private static string? Text(JsonElement json, string field) => json.TryGetProperty(field, out var value) ? value.GetString() : null;

    private void Say(string what) => output.WriteLine($"{_clock.Elapsed.TotalSeconds,6:0.0} s  {what}");
}

public sealed class SelfPromptOnTheEmbeddedSidecar(BadEmbeddedMesh mesh, ITestOutputHelper output) : SelfPromptStory<BadEmbeddedMesh>(mesh, output);

public sealed class SelfPromptOnRealDapr(BadDaprdMesh mesh, ITestOutputHelper output) : SelfPromptStory<BadDaprdMesh>(mesh, output);
