namespace Mesh.EndToEnd.Tests.SelfPrompt;

/// <summary>SIGKILL after every step of a run, each for one of those that the run needs; with <c>MESH_FAULTS=all</c> for each of them.</summary>
public abstract partial class SelfPromptContract<TMesh>
{
    private static readonly bool IsAll = Environment.GetEnvironmentVariable("MESH_FAULTS") == "all";
    private static readonly string[] Steps = ["begin", "observe", "analyse", "propose", "validate-1", "review", "measure"];

    [SkippableFact]
    public async Task Whoever_is_killed_after_a_step_the_run_ends_as_it_would_have_and_proposes_once()
    {
        await BadAsync();
        string[] victims = ["selfprompt", "router", "governance", Mesh.AgentsSidecar];
        for (var turn = 0; turn < (IsAll ? victims.Length : 1); turn++)
        {
            await BadAsync();
            var before = (await Runs.ProposalsAsync()).Count;
            var run = await Runs.BeginAsync(SelfRuns.Idea(4, "learned"));
            for (var step = 0; step < Steps.Length; step++)
            {
                await Runs.StepAsync(run, Steps[step]);
                var victim = victims[(step + turn) % victims.Length];
                Say($"{Steps[step]} is written, {victim} is killed");
                await Mesh.ReplaceAsync(victim, Limit);
                if (Steps[step] != "review")
                    continue;
                await WellAsync();
                var hash = (await Runs.ProposalAsync(run))!;
                await TryAsync(hash);
                Assert.Equal("promoted", await People.StatusAsync(hash));
            }
            var line = await Runs.EndAsync(run);
            Say($"{line}");
            Assert.Equal("kept", Text(line, "outcome"));
            Assert.Equal(Steps.Append("end"), await OnceInLedgerAsync(run));
            Assert.Equal(before + 1, (await Runs.ProposalsAsync()).Count);
        }
        await WellAsync();
        await People.VerifyLedgerAsync();
    }
}
