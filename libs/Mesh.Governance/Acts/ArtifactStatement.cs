using System.Text.Json.Serialization.Metadata;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;

namespace Mesh.Governance.Acts;

/// <summary>A signer vouches for an artifact: a gate file, a model.</summary>
/// <param name="Hash">SHA-256 of its bytes in hex.</param>
public sealed record ArtifactStatement(string Mesh, string Hash) : IAct<ArtifactStatement>
{
    static string IAct<ArtifactStatement>.Kind => "artifact";

    static JsonTypeInfo<ArtifactStatement> IAct<ArtifactStatement>.Json => GovernanceJson.Default.ArtifactStatement;

    void IAct<ArtifactStatement>.Check() => SignedAct.CheckHash<ArtifactStatement>(Hash);

    /// <exception cref="ActRefusedException">The note does not say so of this artifact, or no signer signed it.</exception>
    public static Member Verify(string note, string hash, MeshConfiguration configuration)
    {
        var statement = SignedAct.Parse<ArtifactStatement>(note).Of(configuration);
        if (statement.Act.Hash != hash)
            throw new ActRefusedException(ActCode.Invalid, "The signature is of another artifact.");
        var signers = statement.Signers(configuration);
        return signers.Count == 0
            ? throw new ActRefusedException(ActCode.WrongSignature, "No member signed the artifact.")
            : signers.FirstOrDefault(m => m.Has(Role.Signer)) ?? throw new ActRefusedException(ActCode.WrongRole, $"'{signers[0].Name}' is no signer of artifacts.");
    }
}
