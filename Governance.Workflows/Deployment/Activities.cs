using System.Text.Json.Serialization;
using Dapr.Workflow;
using Governance.Workflows.Ledger;
using Governance.Workflows.Nodes;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Canaries;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;

namespace Governance.Workflows.Deployment;

/// <param name="Refusal">Why it cannot be applied any more; null: it can.</param>
public sealed record Plan(bool HasCanary, string? Refusal = null);

/// <summary>Applies the operation on paper, to the configuration of now; to none where it was carried out by a run that was lost before it reported.</summary>
internal sealed class DryRunActivity(GovernanceLedger ledger) : WorkflowActivity<string, Plan>
{
    public override async Task<Plan> RunAsync(WorkflowActivityContext context, string hash)
    {
        var state = await ledger.RefreshAsync(CancellationToken.None);
        var (operation, status) = (state.Find(hash).Act.Operation, state.Find(hash).Status);
        if (status is ProposalStatus.Promoted or ProposalStatus.Undone)
            return new(false, $"It was {status.ToString().ToLowerInvariant()} before its workflow began again.");
        try
        {
            _ = Change.Of(operation, state.Configuration!);
            return new(TierTable.NeedsCanary(operation));
        }
        catch (ActRefusedException refused)
        {
            return new(false, refused.Message);
        }
    }
}

/// <summary>Gives the change to a share of the sessions; null, or why not. While another is tried the step fails, and is tried on.</summary>
internal sealed class CanaryActivity(ConfigurationWriter writer, Probing probing) : WorkflowActivity<string, string?>
{
    public override async Task<string?> RunAsync(WorkflowActivityContext context, string hash)
    {
        try
        {
            await writer.WriteAsync(Stage.Canary, hash, CancellationToken.None);
            probing.Begin(hash);
            return null;
        }
        catch (ActRefusedException refused) when (refused.Code != ActCode.Conflict)
        {
            return refused.Message;
        }
    }
}

/// <param name="Elapsed">Since the workflow came to its canary, which may have waited for another's end; how long it is tried, the ledger says.</param>
/// <param name="Seen">What the routers had counted at the look before.</param>
public sealed record Trial(string Proposal, TimeSpan Elapsed, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Sighting>? Seen = null);

/// <summary>A judgement, and what it was made of.</summary>
public sealed record Look(Verdict Verdict, string Reason, IReadOnlyList<Sighting>? Seen = null);

/// <summary>Adds up what the routers measured, and judges it.</summary>
internal sealed class JudgeActivity(GovernanceLedger ledger, MeshNodes nodes, Trials trials, Probing probing, TimeProvider time) : WorkflowActivity<Trial, Look>
{
    public override async Task<Look> RunAsync(WorkflowActivityContext context, Trial input)
    {
        var state = ledger.State;
        if (state.Find(input.Proposal) is not { Status: ProposalStatus.Deploying, Tried: { } tried })
            return new(Verdict.Fail, "It is not tried any more: a halt took it back.");
        var policy = state.Configuration!.Policy;
        var isOver = time.GetUtcNow().ToUnixTimeMilliseconds() - tried > policy.CanarySeconds * 1000;
        var reports = new RouterReports(await nodes.CanariesAsync(input.Proposal, CancellationToken.None), input.Seen ?? []);
        var judgement = reports.Judge(policy.CanarySessions, isOver);
        trials.Saw(input.Proposal, reports.Sum, judgement);
        if (judgement.Verdict == Verdict.Wait)
            probing.Begin(input.Proposal);
        return new(judgement.Verdict, judgement.Reason, reports.Sightings);
    }
}

public sealed record Ending(string Proposal, Stage Stage, string Reason);

/// <summary>Promotes, undoes, or reports that nothing was begun. What the rules do not allow any more is undone.</summary>
internal sealed class EndActivity(GovernanceLedger ledger, ConfigurationWriter writer) : WorkflowActivity<Ending, DeploymentEnd>
{
    public override async Task<DeploymentEnd> RunAsync(WorkflowActivityContext context, Ending input)
    {
        var (stage, reason) = (input.Stage, input.Reason);
        if (stage == Stage.Promoted)
        {
            try
            {
                await writer.WriteAsync(Stage.Promoted, input.Proposal, CancellationToken.None);
                return await ReportAsync(input.Proposal, DeploymentEnd.Promoted, reason);
            }
            catch (ActRefusedException refused) when (refused.Code != ActCode.Conflict || ledger.State.Find(input.Proposal).Status != ProposalStatus.Approved)
            {
                reason = refused.Message;
            }
        }
        if (ledger.State.Find(input.Proposal).Status == ProposalStatus.Deploying)
            await writer.WriteAsync(Stage.Undone, input.Proposal, CancellationToken.None);
        return ledger.State.Find(input.Proposal).Status switch
        {
            ProposalStatus.Promoted => await ReportAsync(input.Proposal, DeploymentEnd.Promoted, reason),
            ProposalStatus.Undone => await ReportAsync(input.Proposal, DeploymentEnd.Undone, reason),
            _ => await ReportAsync(input.Proposal, DeploymentEnd.Failed, reason),
        };
    }

    private async Task<DeploymentEnd> ReportAsync(string hash, DeploymentEnd end, string reason)
    {
        // What its proposer took back did not fail.
        var isFailed = end == DeploymentEnd.Failed && ledger.State.Find(hash).Status != ProposalStatus.Withdrawn;
        await ledger.AppendAsync(EntryTypes.Report, EntryIds.Report(hash, "end"), new(reason, Proposal: hash, Failed: isFailed), GovernanceJson.Default.ReportBody, CancellationToken.None);
        return end;
    }
}

/// <summary>Looks whether every node that answers runs what the ledger says, and writes down what it saw.</summary>
internal sealed class EffectActivity(GovernanceLedger ledger, MeshNodes nodes, TimeProvider time) : WorkflowActivity<string, bool>
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public override async Task<bool> RunAsync(WorkflowActivityContext context, string hash)
    {
        var version = ledger.State.Configuration!.Version;
        var started = time.GetTimestamp();
        while (true)
        {
            var seen = await nodes.StatusesAsync(CancellationToken.None);
            var behind = seen.Where(n => n.Status is null || n.Status.Runs < version).Select(n => n.Name).ToArray();
            if (behind.Length == 0 || time.GetElapsedTime(started) > Patience)
            {
                var summary = behind.Length == 0 ? $"All {seen.Count} nodes run version {version}." : $"Version {version} runs on {seen.Count - behind.Length} of {seen.Count} nodes; not on {string.Join(", ", behind)}.";
                await ledger.AppendAsync(EntryTypes.Report, EntryIds.Report(hash, EntryIds.EffectStep), new(summary, Proposal: hash), GovernanceJson.Default.ReportBody, CancellationToken.None);
                return behind.Length == 0;
            }
            await Task.Delay(Pause, time);
        }
    }
}
