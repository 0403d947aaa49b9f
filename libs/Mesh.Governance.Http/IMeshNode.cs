using Mesh.Chorus.Leases;
using Mesh.Governance.Configurations;

namespace Mesh.Governance.Http;

/// <summary>This process as a node of the governed mesh: what people decided for it, and whether it may act. Where governance is not enabled, everything is permitted.</summary>
public interface IMeshNode
{
    string Name { get; }

    /// <summary>What runs: the newest version with a receipt that this node verified; null until there is a genesis.</summary>
    MeshConfiguration? Configuration { get; }

    /// <summary>Governance is enabled and there is a genesis.</summary>
    bool IsGoverned { get; }

    /// <summary>People halted the mesh, and nobody resumed it.</summary>
    bool IsHalted { get; }

    /// <summary>The ids of the halts in force.</summary>
    IReadOnlyList<string> Halts { get; }

    LeaseState Lease { get; }

    /// <summary>Whether shared state may change here (registrations, weights, gates, promotions): not while halted, and where people govern, with the lease alone.</summary>
    bool MayChange { get; }

    /// <summary>Whether tokens may go out: not while halted, and not without the lease where <c>OnLeaseLost</c> is <c>halt</c>.</summary>
    bool MaySpeak { get; }

    /// <summary>Cancelled as soon as <see cref="MaySpeak"/> is false; a new one when it is true again. Read it once at the start of a stream.</summary>
    CancellationToken Halted { get; }

    /// <summary>The orders that this node knows, as notes, to hand on.</summary>
    ActsSnapshot Acts { get; }

    /// <summary>Goes up whenever any of the above changed.</summary>
    long Revision { get; }

    /// <summary>Waits until <see cref="Revision"/> is above <paramref name="after"/>, and returns it; a change between the two calls is not missed.</summary>
    Task<long> WaitForChangeAsync(long after, CancellationToken cancellationToken);

    /// <summary>Verifies a halt, writes it to disk, ends every stream, and then acknowledges.</summary>
    /// <exception cref="NodeRefusedException">It is no halt of this mesh's people.</exception>
    Task<Acknowledgement> HaltAsync(string note, CancellationToken cancellationToken);

    /// <summary>Verifies a resume, writes it to disk, and then acknowledges; what it does not name goes on being halted.</summary>
    /// <exception cref="NodeRefusedException">It is no resume of this mesh's people.</exception>
    Task<Acknowledgement> ResumeAsync(string note, CancellationToken cancellationToken);
}

/// <summary>Notes of halts in force and of the resumes that ended others.</summary>
public sealed record ActsSnapshot(IReadOnlyList<string> Halts, IReadOnlyList<string> Resumes)
{
    public static ActsSnapshot None { get; } = new([], []);
}

/// <summary>A node's answer to a halt or a resume, given after it is on disk and in force.</summary>
/// <param name="Acknowledged">Unix milliseconds by the node's clock.</param>
public sealed record Acknowledgement(string Node, bool Halted, IReadOnlyList<string> Halts, long Acknowledged);

/// <summary>A node does not take what it was given.</summary>
/// <param name="status">Of HTTP.</param>
/// <param name="code">As <c>wrong_signature</c>, <c>invalid_act</c>.</param>
public sealed class NodeRefusedException(int status, string code, string message) : Exception(message)
{
    public int Status => status;

    public string Code => code;

    /// <summary>An act of this mesh's people that this node alone has no disk or no room for: others are told of it all the same.</summary>
    public bool IsOwnTrouble => Code is NotDurable or TooMany;

    public const string NotDurable = "not_durable", TooMany = "too_many_halts";
}

/// <summary>What a service that has to apply the configuration says of that; a service of the container, where there is one.</summary>
public interface IAppliedVersion
{
    /// <summary>The newest version that is in use with all it needs; lower than the node's while that one is refused or something of it is not here.</summary>
    long Applied { get; }
}

/// <summary>What a service adds to its node's status while a change is tried there; a service of the container.</summary>
public interface ICanaryReport
{
    /// <summary>JSON-serialised as it is; null while there is no canary.</summary>
    System.Text.Json.Nodes.JsonNode? Report();
}
