using Mesh.Ledger.Entries;

namespace Mesh.Governance.Acts;

/// <summary>An act, or an entry that would follow from one, is against the rules.</summary>
/// <param name="code">One of <see cref="ActCode"/>, for programs.</param>
/// <param name="message">What is wrong and what is allowed, for people.</param>
public sealed class ActRefusedException(string code, string message) : EntryRefusedException(message)
{
    public string Code { get; } = code;
}

/// <summary>Why an act is refused.</summary>
public static class ActCode
{
    /// <summary>It is no act, or asks for something that cannot be.</summary>
    public const string Invalid = "invalid_act";
    public const string TooLarge = "too_large";
    public const string UnknownMember = "unknown_member";
    public const string WrongSignature = "wrong_signature";
    public const string WrongRole = "wrong_role";

    /// <summary>Nobody votes on what they proposed or on themselves, and a halter does not resume.</summary>
    public const string OwnProposal = "own_proposal";

    /// <summary>The deadline is over, or it is decided already.</summary>
    public const string Late = "late";

    /// <summary>The review, or what has to come before, is not over.</summary>
    public const string TooEarly = "too_early";
    public const string DoubleVote = "double_vote";

    /// <summary>The votes do not say so.</summary>
    public const string NotApproved = "not_approved";
    public const string DomainReadOnly = "domain_read_only";
    public const string Halted = "mesh_halted";

    /// <summary>Another came first: a canary, a version, the same entry.</summary>
    public const string Conflict = "conflict";
    public const string NotFound = "not_found";
}
