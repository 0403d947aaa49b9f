using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Tiers;

namespace Mesh.Governance.State;

/// <summary>Types of the ledger's entries.</summary>
public static class EntryTypes
{
    public const string Genesis = "genesis";
    public const string Proposal = "proposal";
    public const string Vote = "vote";
    public const string VoteRefused = "vote_refused";
    public const string Withdrawal = "withdrawal";
    public const string Decision = "decision";
    public const string Configuration = "configuration";
    public const string Report = "report";
    public const string Halt = "halt";
    public const string Resume = "resume";
    public const string Self = "self";
}

/// <summary>Ids of the ledger's entries. An id follows from what the entry says, so that it cannot be there twice.</summary>
public static class EntryIds
{
    public const string Genesis = "genesis";

    /// <summary>The step of a report that says which nodes run what became of a proposal.</summary>
    public const string EffectStep = "effect";

    public static string Proposal(string hash) => $"proposal/{hash}";

    public static string Vote(string proposal, string voter) => $"vote/{proposal}/{voter}";

    /// <summary>Once for each reason: of forged votes there can be any number.</summary>
    /// <param name="code">One of <see cref="ActCode"/>.</param>
    public static string VoteRefused(Vote vote, string code) => $"vote_refused/{vote.Proposal}/{vote.Voter}/{code}";

    public static string Withdrawal(string proposal) => $"withdrawal/{proposal}";

    public static string Decision(string proposal) => $"decision/{proposal}";

    /// <param name="id">The proposal's hash, for <see cref="Stage.HaltUndo"/> the halt's id.</param>
    public static string Configuration(Stage stage, string id) => stage switch
    {
        Stage.HaltUndo => $"configuration/halt/{id}",
        Stage.Canary => $"configuration/{id}/canary",
        Stage.Promoted => $"configuration/{id}/promoted",
        Stage.Undone => $"configuration/{id}/undone",
        Stage.Lifted => $"configuration/{id}/lifted",
        _ => throw new ArgumentOutOfRangeException(nameof(stage)),
    };

    /// <param name="id">The proposal's hash or the halt's id.</param>
    public static string Report(string id, string step) => $"report/{id}/{step}";

    public static string Halt(string id) => $"halt/{id}";

    public static string Resume(string id) => $"resume/{id}";

    public static string Self(SelfStep act) => $"self/{act.Run}/{act.Step}";
}

/// <summary>How a proposal was decided.</summary>
public enum Outcome
{
    Approved,
    Rejected,
    Expired,
    Withdrawn,
}

/// <summary>Why there is a new version of the configuration.</summary>
public enum Stage
{
    /// <summary>A share of the sessions tries a change.</summary>
    Canary,
    /// <summary>All sessions have it.</summary>
    Promoted,
    /// <summary>The canary is taken back.</summary>
    Undone,
    /// <summary>A halt took the last applied changes back.</summary>
    HaltUndo,
    /// <summary>A domain is open to changes again; <see cref="Promoted"/> says the same.</summary>
    Lifted,
}

/// <param name="Log">The log's verifier key; its name is the ledger's origin.</param>
public sealed record GenesisBody(MeshConfiguration Configuration, string Log);

public sealed record ProposalBody(string Note, string Hash, Tier Tier);

/// <summary>Of a vote, a withdrawal, a halt, a resume, a step of a self-improvement: the act says all.</summary>
public sealed record NoteBody(string Note);

/// <param name="Reason">For people; the code is found again from the note.</param>
public sealed record RefusalBody(string Note, string Reason);

public sealed record DecisionBody(string Proposal, Outcome Outcome, string? Reason = null);

public sealed record ConfigurationBody(Stage Stage, MeshConfiguration Configuration, string? Proposal = null, string? Halt = null);

/// <param name="Artifact">SHA-256 of a longer one.</param>
/// <param name="Failed">What was approved could not be done, and nothing of it is left.</param>
public sealed record ReportBody(string Summary, string? Proposal = null, string? Halt = null, string? Artifact = null, bool Failed = false);
