using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Mesh.EndToEnd.Tests.SelfPrompt;

/// <summary>Runs of the mesh's agent, as a person sees them at the router.</summary>
internal sealed class SelfRuns(HttpClient router)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Waits until the agent is there and may work.</summary>
    public Task ReadyAsync() => MeshFixture.Eventually(
        async () => JsonElement.Parse(await router.GetStringAsync("/selfprompt/status")).GetProperty("mesh").GetString() == "running", "the agent may work", Limit);

    /// <param name="task">Its kind, or its idea; neither: everything is looked at.</param>
    public async Task<string> BeginAsync(object? task = null)
    {
        using var answer = await router.PostAsJsonAsync("/selfprompt/runs", task ?? new { });
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, $"{answer.StatusCode} {body}");
        return JsonElement.Parse(body).GetProperty("run").GetString()!;
    }

    public static object Idea(int k, string gate) => new { idea = new { kind = "set_ensemble", ensemble = new { k, gate } } };

    public async Task<(HttpStatusCode, string?)> TryBeginAsync()
    {
        using var answer = await router.PostAsJsonAsync("/selfprompt/runs", new { });
        return (answer.StatusCode, await People.CodeAsync(answer));
    }

    public async Task<JsonElement> FindAsync(string run) => JsonElement.Parse(await router.GetStringAsync($"/selfprompt/runs/{run}"));

    /// <summary>The steps that are in the ledger, oldest first, whatever became of the agent.</summary>
    public async Task<IReadOnlyList<JsonElement>> StepsAsync(string run) =>
        [.. JsonElement.Parse(await router.GetStringAsync($"/governance/self?run={run}")).GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("act")).Reverse()];

    public Task StepAsync(string run, string step) => MeshFixture.Eventually(async () =>
    {
        var names = (await StepsAsync(run)).Select(NameOf).ToArray();
        Assert.True(names.Contains(step) || !names.Contains("end"), $"The run ended without the step {step}: {await FindAsync(run)}");
        return names.Contains(step);
    }, $"the step {step} of {run} is in the ledger", Limit);

    /// <summary>What it proposes; null: it ended without.</summary>
    public async Task<string?> ProposalAsync(string run)
    {
        JsonElement view = default;
        await MeshFixture.Eventually(async () => (view = await FindAsync(run)).TryGetProperty("proposal", out _) || view.GetProperty("is_over").GetBoolean(), $"{run} proposes something or ends", Limit);
        return view.TryGetProperty("proposal", out var hash) ? hash.GetString() : null;
    }

    /// <summary>Its line in the report once it is over.</summary>
    public async Task<JsonElement> EndAsync(string run)
    {
        await MeshFixture.Eventually(async () => (await FindAsync(run)).GetProperty("is_over").GetBoolean(), $"{run} is over", Limit);
        return JsonElement.Parse(await router.GetStringAsync("/selfprompt/report?limit=200")).GetProperty("runs").EnumerateArray().Single(r => r.GetProperty("run").GetString() == run);
    }

    public async Task<string?> NewestAsync() => JsonElement.Parse(await router.GetStringAsync("/selfprompt/runs?limit=1")).GetProperty("runs").EnumerateArray().Select(r => r.GetProperty("run").GetString()).FirstOrDefault();

    /// <summary>What one run may use.</summary>
    public async Task<JsonElement> BudgetAsync() => JsonElement.Parse(await router.GetStringAsync("/selfprompt/status")).GetProperty("budget");

    /// <summary>All that the agent ever proposed, newest first.</summary>
    public async Task<IReadOnlyList<JsonElement>> ProposalsAsync() =>
        [.. JsonElement.Parse(await router.GetStringAsync("/governance/proposals?limit=500")).GetProperty("proposals").EnumerateArray().Where(p => p.GetProperty("proposer").GetString() == "agent")];

    /// <summary>What a step saw and did.</summary>
    public async Task<JsonElement> RecordAsync(string artifact) => JsonElement.Parse(await router.GetStringAsync($"/governance/artifacts/{artifact}"));

    public static string NameOf(JsonElement step) => step.GetProperty("step").GetString()!;
}
