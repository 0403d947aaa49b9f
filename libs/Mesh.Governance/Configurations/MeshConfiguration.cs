using System.Text.Json.Serialization;
using Mesh.Chorus.Quorums;
using Mesh.Contracts.Experts;
using Mesh.Governance.Members;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Checkpoints;

namespace Mesh.Governance.Configurations;

/// <summary>
/// What people govern, as one document. A version is an entry of the ledger, and a node takes it only with the receipt that it is committed.
/// In JSON every list and section is there: what is missing would be another thing for every version of this code.
/// </summary>
public sealed record MeshConfiguration
{
    /// <summary>The mesh's name; the ledger's origin is made of it.</summary>
    public required string Mesh { get; init; }

    /// <summary>1 is genesis; every change is one more.</summary>
    public required long Version { get; init; }

    /// <summary>What sessions are answered with.</summary>
    [JsonRequired]
    public RoutingSettings Routing { get; init; } = new();

    /// <summary>What a share of the sessions is answered with instead, while a change is tried.</summary>
    public CanarySettings? Canary { get; init; }

    [JsonRequired]
    public TierPolicy Policy { get; init; } = new();

    /// <summary>Who may ask, and how often; null: as the routers have it. Versions from before it was governed have none, and so has one that limits nobody.</summary>
    public SecuritySettings? Security { get; init; }

    [JsonRequired]
    public IReadOnlyList<Member> Members { get; init; } = [];

    /// <summary>The witnesses, a quorum of which commits the ledger.</summary>
    [JsonRequired]
    public IReadOnlyList<MeshNode> Nodes { get; init; } = [];

    /// <summary>Who commits what comes after this version: so many of its nodes that two different heads of one size cannot both be committed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no node, or more may lie than there are.</exception>
    [JsonIgnore]
    public WitnessPolicy Witnesses => new(Nodes.Select(n => n.Verifier), Quorum.Of(Nodes.Count, Policy.WitnessLiars));

    public Member? Find(string member) => Members.FirstOrDefault(m => m.Name == member);

    public bool Equals(MeshConfiguration? other) => other is not null &&
        (Mesh, Version, Routing, Canary, Policy, Security) == (other.Mesh, other.Version, other.Routing, other.Canary, other.Policy, other.Security) &&
        Members.SequenceEqual(other.Members) && Nodes.SequenceEqual(other.Nodes);

    public override int GetHashCode() => HashCode.Combine(Mesh, Version, Members.Count, Nodes.Count);
}

/// <summary>What sessions are answered with.</summary>
public sealed record RoutingSettings
{
    [JsonRequired]
    public EnsembleSettings Ensemble { get; init; } = new();

    /// <summary>SHA-256 of the gate file, an artifact, in hex; null is the router's own.</summary>
    public string? Gate { get; init; }

    [JsonRequired]
    public ExpertSettings Experts { get; init; } = new();

    /// <summary>0 one expert alone, 1 uniform weights, 2 the learned gate, 3 the learned gate that goes on learning; null: the phases are not in use, the router's own settings hold.</summary>
    public int? Phase { get; init; }
}

/// <summary>Settings of the token loop; null is the router's own (<c>Mesh:Ensemble</c>). Ranges as there.</summary>
public sealed record EnsembleSettings
{
    public int? K { get; init; }
    public int? OverSelection { get; init; }

    /// <summary>"uniform", "evidence" or "learned".</summary>
    public string? Gate { get; init; }

    /// <summary>"arithmetic" or "geometric".</summary>
    public string? Mix { get; init; }
    public double? EvidenceDecay { get; init; }
    public double? EvidenceWeight { get; init; }
    public double? DeadlineFactor { get; init; }

    /// <summary>In milliseconds, above 0.</summary>
    public double? MinimumDeadlineMs { get; init; }
    public double? NegligibleWeight { get; init; }
    public double? Hysteresis { get; init; }
    public int? RefreshInterval { get; init; }
    public int? Speculation { get; init; }
}

/// <summary>Which experts answer, beside those of the routers' catalogue.</summary>
public sealed record ExpertSettings
{
    /// <summary>Admitted by people; one with a catalogue entry's name replaces it.</summary>
    [JsonRequired]
    public IReadOnlyList<ExpertSpec> Admitted { get; init; } = [];

    /// <summary>Taken out by people, also when the catalogue names them.</summary>
    [JsonRequired]
    public IReadOnlyList<ExpertId> Removed { get; init; } = [];

    /// <summary>Out of every mixture until people release them; they stay loaded.</summary>
    [JsonRequired]
    public IReadOnlyList<ExpertId> Quarantined { get; init; } = [];

    public bool Equals(ExpertSettings? other) =>
        other is not null && Admitted.SequenceEqual(other.Admitted) && Removed.SequenceEqual(other.Removed) && Quarantined.SequenceEqual(other.Quarantined);

    public override int GetHashCode() => HashCode.Combine(Admitted.Count, Removed.Count, Quarantined.Count);
}

/// <param name="Share">Of the sessions, by the hash of their ids; above 0 to 1.</param>
/// <param name="Proposal">The proposal that is tried, 64 hex digits.</param>
public sealed record CanarySettings(double Share, string Proposal, RoutingSettings Routing)
{
    /// <summary>Whether a session is answered with the candidate: the first eight bytes of SHA-256 of its id and the proposal, as a fraction, lie below the share.</summary>
    public bool Takes(string session) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(
            System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{Proposal}/{session}"))) / (double)ulong.MaxValue < Share;
}
