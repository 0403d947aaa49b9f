using Dapr.Workflow;

namespace Governance.Workflows.Halting;

/// <param name="Resume">The resume's id.</param>
/// <param name="Halts">What it ends.</param>
public sealed record ResumeInput(string Resume, string Note, IReadOnlyList<string> Halts);

/// <summary>What follows a resume: every node is told until it goes on, and what was seen is reported under the first halt that it ended.</summary>
internal sealed class ResumeWorkflow : Workflow<ResumeInput, string>
{
    public static string IdOf(string resume) => $"resume-{resume}";

    public override async Task<string> RunAsync(WorkflowContext context, ResumeInput input)
    {
        // 1. Told and asked.
        var report = await context.CallActivityAsync<string>(nameof(ResumeEffectActivity), input, Steps.Retry);
        // 2. Reported.
        await context.CallActivityAsync<bool>(nameof(ResumeReportActivity), new HaltFinding(input.Halts[0], report), Steps.Retry);
        return report;
    }
}
