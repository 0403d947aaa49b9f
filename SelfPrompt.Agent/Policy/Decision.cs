namespace SelfPrompt.Agent.Policy;

/// <summary>What the policy said to one call of a tool.</summary>
/// <param name="At">Unix ms.</param>
/// <param name="Arguments">SHA-256 of their canonical JSON: what they say may be from outside.</param>
/// <param name="Verdict">allowed, refused, or proposal: it is not done, and becomes a proposal to people.</param>
/// <param name="Reason">Why not.</param>
public sealed record Decision(long At, string Tool, string Arguments, string Verdict, string? Reason = null)
{
    public const string Allowed = "allowed", Refused = "refused", Proposal = "proposal";
}

/// <summary>The policy does not let a call through.</summary>
/// <param name="code">One of the constants below.</param>
public sealed class PolicyRefusedException(string code, string message) : Exception(message)
{
    /// <summary>People stopped the mesh.</summary>
    public const string Halted = "halted";
    /// <summary>Nobody knows now whether people did; this passes.</summary>
    public const string NoLease = "no_lease";
    public const string UnknownTool = "unknown_tool";
    /// <summary>It is for people to do; the call was noted as a proposal.</summary>
    public const string NeedsPeople = "needs_people";

    public string Code { get; } = code;
}
