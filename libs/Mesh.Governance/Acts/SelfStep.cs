using System.Text.Json.Serialization.Metadata;

namespace Mesh.Governance.Acts;

/// <summary>What a program that improves the mesh saw or did in one step of a run. It is a record: nothing follows from it.</summary>
/// <param name="Run">16 to 64 lower hex digits.</param>
/// <param name="Step">Its name within the run, 1 to <see cref="MostStepCharacters"/> of a-z, 0-9 and '-'.</param>
/// <param name="Created">Unix time in seconds.</param>
/// <param name="Artifact">SHA-256 of a longer one.</param>
/// <param name="Proposal">The hash of the proposal that it is about.</param>
public sealed record SelfStep(string Mesh, string Member, string Run, string Step, string Summary, long Created, string? Artifact = null, string? Proposal = null) : IAct<SelfStep>
{
    public const int MostStepCharacters = 40;

    /// <summary>The step after which a run is over.</summary>
    public const string Last = "end";

    static string IAct<SelfStep>.Kind => "self-step";

    static JsonTypeInfo<SelfStep> IAct<SelfStep>.Json => GovernanceJson.Default.SelfStep;

    void IAct<SelfStep>.Check()
    {
        SignedAct.Require<SelfStep>(IsRun(Run), "a run is 16 to 64 lower hex digits.");
        SignedAct.Require<SelfStep>(Step.Length is > 0 and <= MostStepCharacters && Step.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-'), $"a step is 1 to {MostStepCharacters} of a-z, 0-9 and '-'.");
        SignedAct.Require<SelfStep>(Summary.Length is > 0 and <= 2000, "a summary has 1 to 2000 characters; longer ones are artifacts.");
        SignedAct.CheckTime<SelfStep>(Created);
        if (Artifact is not null)
            SignedAct.CheckHash<SelfStep>(Artifact);
        if (Proposal is not null)
            SignedAct.CheckHash<SelfStep>(Proposal);
    }

    /// <summary>Whether a text can name a run.</summary>
    public static bool IsRun(string text) => SignedAct.IsNonce(text);
}
