using System.Text.Json.Serialization;
using Mesh.Ledger.Signing;

namespace Mesh.Governance.Members;

/// <summary>What a person may do. Who has none may look and suggest.</summary>
public enum Role
{
    /// <summary>Votes on proposals.</summary>
    Approver,
    /// <summary>Signs artifacts: gate files, models.</summary>
    Signer,
    /// <summary>Proposes changes of what runs.</summary>
    Deployer,
    /// <summary>May halt the mesh and quarantine an expert.</summary>
    Oncall,
    /// <summary>Proposes members, nodes and policy; may halt.</summary>
    Admin,
}

/// <summary>A person.</summary>
/// <param name="Key">Their verifier key (C2SP vkey); its name is the member's.</param>
public sealed record Member(string Name, string Key, IReadOnlyList<Role> Roles)
{
    private VerifierKey? _verifier;

    /// <exception cref="FormatException">It is none; a configuration that was checked has no such key.</exception>
    [JsonIgnore]
    public VerifierKey Verifier => _verifier?.Text == Key ? _verifier : _verifier = VerifierKey.Parse(Key);

    /// <summary>The public key itself in hex, the same under whatever name.</summary>
    [JsonIgnore]
    public string PublicKey => Convert.ToHexStringLower(Verifier.PublicKeyBytes);

    public bool Has(Role role) => Roles.Contains(role);

    /// <summary>Two roles that one person must not hold together, or null.</summary>
    public static (Role, Role)? Conflict(IReadOnlyCollection<Role> roles) =>
        roles.Contains(Role.Signer) && roles.Contains(Role.Approver) ? (Role.Approver, Role.Signer)
        : roles.Contains(Role.Signer) && roles.Contains(Role.Deployer) ? (Role.Signer, Role.Deployer)
        : null;

    public bool Equals(Member? other) => other is not null && (Name, Key) == (other.Name, other.Key) && Roles.SequenceEqual(other.Roles);

    public override int GetHashCode() => HashCode.Combine(Name, Key);
}

public enum NodeKind
{
    Router,
    Worker,
    Governance,
}

/// <summary>A process of the mesh. Every one is a witness.</summary>
/// <param name="Key">Its verifier key as a witness, of kind <see cref="KeyKind.Cosignature"/>; its name is the node's.</param>
/// <param name="Url">Where it is reached, unless a setting of governance says otherwise.</param>
public sealed record MeshNode(string Name, string Key, NodeKind Kind, string? Url = null)
{
    private VerifierKey? _verifier;

    /// <exception cref="FormatException">It is none; a configuration that was checked has no such key.</exception>
    [JsonIgnore]
    public VerifierKey Verifier => _verifier?.Text == Key ? _verifier : _verifier = VerifierKey.Parse(Key);

    public bool Equals(MeshNode? other) => other is not null && (Name, Key, Kind, Url) == (other.Name, other.Key, other.Kind, other.Url);

    public override int GetHashCode() => HashCode.Combine(Name, Key);
}
