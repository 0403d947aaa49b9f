using Mesh.Governance.Operations;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Tasks;

namespace SelfPrompt.Agent.Runs;

/// <summary>One run of the loop.</summary>
/// <param name="Run">32 hex digits.</param>
/// <param name="Kind">Null: all kinds.</param>
/// <param name="Created">Unix seconds; with it all that is signed in the run is the same whenever a step is repeated.</param>
/// <param name="MostTried">Findings that it tries.</param>
/// <param name="Look">How often it looks what became of its proposal.</param>
/// <param name="ReviewSeconds">How long people have.</param>
public sealed record RunInput(string Run, TaskKind? Kind, long Created, int MostTried, TimeSpan Look, long ReviewSeconds)
{
    /// <summary>A change that somebody asks to be tried, in place of what the analysers find.</summary>
    public Operation? Idea { get; init; }

    /// <summary>Set while it waits for people, so that a long wait does not grow its history.</summary>
    public Waiting? Waiting { get; init; }
}

/// <summary>A proposal that was handed in, and all that is still needed of the run.</summary>
public sealed record Waiting(Finding Finding, Validation Validation, string Proposal, string Observation, Spent Spent);

/// <summary>What a step came to.</summary>
/// <param name="Stop">Why the run ends here; null: it goes on.</param>
public sealed record StepResult<T>(T? Value, Spent Spent, string? Stop = null)
{
    /// <summary>What holds the step's record.</summary>
    public string? Artifact { get; init; }

    /// <summary>The policy's last decisions before a stop, which no record of the step has.</summary>
    public IReadOnlyList<Decision>? Told { get; init; }
}

/// <summary>How a run ended.</summary>
/// <param name="Outcome">One of <see cref="RunOutcome"/>.</param>
public sealed record RunReport(
    string Run, TaskKind? Kind, string Outcome, string Summary, Finding? Finding = null, Estimate? Promised = null, Estimate? Measured = null, string? Proposal = null, Spent? Spent = null, string? Undo = null,
    IReadOnlyList<Decision>? Told = null);

/// <summary>Ends of a run.</summary>
public static class RunOutcome
{
    public const string Nothing = "nothing_found";
    public const string NotValid = "refused_in_validation";
    public const string NotTaken = "not_taken";       // governance refused it, or people did
    public const string Undone = "undone_by_canary";
    public const string Kept = "kept";
    public const string Broken = "promise_broken";    // its undoing is proposed
    public const string Accepted = "accepted";        // a text
    public const string Stopped = "stopped";          // halted, out of budget, or what it needs cannot be had
    public const string Failed = "failed";            // tried so often, and still not done
}
