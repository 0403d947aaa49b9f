using System.Text.Json.Serialization.Metadata;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;

namespace Mesh.Governance.Acts;

/// <summary>One member on call stops the mesh.</summary>
/// <param name="Time">Unix time in seconds; it decides nothing, for a halt is never too early or too late.</param>
public sealed record HaltOrder(string Mesh, string Requester, string Reason, long Time, string Nonce) : IAct<HaltOrder>
{
    static string IAct<HaltOrder>.Kind => "halt";

    static JsonTypeInfo<HaltOrder> IAct<HaltOrder>.Json => GovernanceJson.Default.HaltOrder;

    void IAct<HaltOrder>.Check()
    {
        SignedAct.CheckReason<HaltOrder>(Reason, isNeeded: true);
        SignedAct.CheckTime<HaltOrder>(Time);
        SignedAct.CheckNonce<HaltOrder>(Nonce);
    }
}

/// <summary>Two members who did not halt it let the mesh go on. A halt that is not named goes on.</summary>
/// <param name="Halts">The ids of the halts that end.</param>
public sealed record ResumeOrder(string Mesh, IReadOnlyList<string> Halts, string Reason, long Time, string Nonce) : IAct<ResumeOrder>
{
    public const int MostHalts = 64;

    static string IAct<ResumeOrder>.Kind => "resume";

    static JsonTypeInfo<ResumeOrder> IAct<ResumeOrder>.Json => GovernanceJson.Default.ResumeOrder;

    void IAct<ResumeOrder>.Check()
    {
        SignedAct.Require<ResumeOrder>(Halts.Count is > 0 and <= MostHalts && Halts.Distinct().Count() == Halts.Count, $"it names 1 to {MostHalts} halts, each once.");
        foreach (var halt in Halts)
            SignedAct.Require<ResumeOrder>(halt is not null && SignedAct.IsHash(halt), "a halt's id is 64 lower hex digits.");
        SignedAct.CheckReason<ResumeOrder>(Reason, isNeeded: true);
        SignedAct.CheckTime<ResumeOrder>(Time);
        SignedAct.CheckNonce<ResumeOrder>(Nonce);
    }
}

/// <summary>Who may stop the mesh and let it go on: a node asks this of its own configuration, with no governance in reach.</summary>
public static class HaltRules
{
    /// <summary>So many others have to resume.</summary>
    public const int Resumers = 2;

    /// <exception cref="ActRefusedException">It is not signed by its requester, or they may not halt.</exception>
    public static Member Verify(this SignedAct<HaltOrder> halt, MeshConfiguration configuration)
    {
        var member = halt.Of(configuration).SignedBy(halt.Act.Requester, configuration);
        return member.Has(Role.Oncall) || member.Has(Role.Admin) ? member : throw new ActRefusedException(ActCode.WrongRole, $"'{member.Name}' may not halt: that takes the role oncall or admin.");
    }

    /// <param name="requesters">Who halted.</param>
    /// <exception cref="ActRefusedException">Fewer than two members who may and did not halt signed it.</exception>
    public static IReadOnlyList<Member> Verify(this SignedAct<ResumeOrder> resume, IReadOnlyCollection<string> requesters, MeshConfiguration configuration)
    {
        var signers = resume.Of(configuration).Signers(configuration);
        var able = signers.Where(MayResume).ToArray();
        var others = able.Where(m => !requesters.Contains(m.Name)).ToArray();
        return others.Length >= Resumers ? others : throw new ActRefusedException(
            able.Length >= Resumers ? ActCode.OwnProposal : signers.Count >= Resumers ? ActCode.WrongRole : ActCode.WrongSignature,
            $"A resume takes the signatures of {Resumers} members with the role approver, oncall or admin who did not halt; this one has {others.Length}.");
    }

    internal static bool MayResume(Member member) => member.Has(Role.Approver) || member.Has(Role.Oncall) || member.Has(Role.Admin);
}
