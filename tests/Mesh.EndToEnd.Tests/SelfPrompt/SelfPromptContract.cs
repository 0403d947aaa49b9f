using System.Net;
using System.Text.Json;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Xunit.Abstractions;

namespace Mesh.EndToEnd.Tests.SelfPrompt;

/// <summary>The mesh improves itself, under people: what its agent finds, they decide, and what does not do as it was promised does not stay.</summary>
public abstract partial class SelfPromptContract<TMesh>(TMesh mesh, ITestOutputHelper output) : SelfPromptTests<TMesh>(mesh, output) where TMesh : BadMesh
{
    private const int MostRuns = 4;

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

    [SkippableFact]
    public async Task A_worse_change_ends_in_validation_and_nobody_is_asked()
    {
        await RepairedAsync();
        var before = (await Runs.ProposalsAsync()).Count;
        var line = await Runs.EndAsync(await Runs.BeginAsync(SelfRuns.Idea(1, "uniform")));
        Say($"{line}");
        Assert.Equal("refused_in_validation", Text(line, "outcome"));
        Assert.Equal(before, (await Runs.ProposalsAsync()).Count);
    }

    [SkippableFact]
    public async Task A_change_that_only_users_find_worse_is_undone_by_its_canary_to_the_settings_of_before()
    {
        await BadAsync();
        var before = await SettingsAsync();
        var run = await Runs.BeginAsync(SelfRuns.Idea(4, "learned"));
        var hash = (await Runs.ProposalAsync(run))!;
        await People.ApproveAsync(hash, "ben", "cleo");
        await MeshFixture.Eventually(async () =>
        {
            var answer = await Users.AskAsync("What is 17 + 25?");
            if (answer.Arm is "control" or "candidate")
                await Users.VoteAsync(answer, isGood: answer.Arm == "control");
            return await People.StatusAsync(hash) is not ("open" or "approved" or "deploying");
        }, "the canary is over", Limit);
        Assert.Equal("undone", await People.StatusAsync(hash));
        await MeshFixture.Eventually(async () => Text(await People.ShowAsync(hash), "outcome")!.Contains("feedback"), "it is reported that the feedback undid it", Limit);
        var line = await Runs.EndAsync(run);
        Say($"{line}");
        Assert.Equal("undone_by_canary", Text(line, "outcome"));
        await MeshFixture.Eventually(async () => await People.RunningAsync() >= (await People.ConfigurationAsync()).Version, "the router runs what is in force", Limit);
        Assert.Equal(before, await SettingsAsync());
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
            Assert.Contains(Text(await Runs.EndAsync(run), "outcome"), (string[])["accepted", "kept"]);
        }
        throw new InvalidOperationException($"{MostRuns} runs proposed no settings.");
    }

    /// <summary>What is governed of the token loop, and what the router runs with.</summary>
    private async Task<(string Governed, string Running)> SettingsAsync() => (
        JsonSerializer.Serialize((await People.ConfigurationAsync()).Routing, GovernanceJson.Default.RoutingSettings),
        JsonElement.Parse(await Mesh.Router.GetStringAsync("/mesh/status")).GetProperty("ensemble").GetRawText());
}

public sealed class SelfPromptOnTheEmbeddedSidecar(BadEmbeddedMesh mesh, ITestOutputHelper output) : SelfPromptContract<BadEmbeddedMesh>(mesh, output);

public sealed class SelfPromptOnRealDapr(BadDaprdMesh mesh, ITestOutputHelper output) : SelfPromptContract<BadDaprdMesh>(mesh, output);
