using System.Text.Json.Serialization.Metadata;
using Mesh.Governance.Operations;

namespace Mesh.Governance.Acts;

/// <summary>One member asks for an operation.</summary>
/// <param name="Created">Unix time in seconds.</param>
/// <param name="Deadline">Votes count before it; unix time in seconds, at most <see cref="MostDays"/> days after <paramref name="Created"/>.</param>
/// <param name="Nonce">16 to 64 hex digits, so that the same can be asked again.</param>
public sealed record Proposal(string Mesh, string Proposer, Operation Operation, string Reason, long Created, long Deadline, string Nonce) : IAct<Proposal>
{
    public const int MostDays = 90;

    static string IAct<Proposal>.Kind => "proposal";

    static JsonTypeInfo<Proposal> IAct<Proposal>.Json => GovernanceJson.Default.Proposal;

    void IAct<Proposal>.Check()
    {
        SignedAct.CheckReason<Proposal>(Reason, isNeeded: true);
        SignedAct.CheckTime<Proposal>(Created);
        SignedAct.Require<Proposal>(Deadline > Created && Deadline - Created <= MostDays * 86_400L, $"its deadline is after its time, by at most {MostDays} days.");
        SignedAct.CheckNonce<Proposal>(Nonce);
    }
}
