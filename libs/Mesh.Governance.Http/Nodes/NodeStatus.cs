using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Mesh.Chorus.Leases;
using Mesh.Governance.Members;

namespace Mesh.Governance.Http.Nodes;

/// <summary>What a node says of itself (<c>GET /chorus/node</c>).</summary>
/// <param name="Key">Its verifier key as a witness.</param>
/// <param name="Mesh">Null until there is a genesis.</param>
/// <param name="Configuration">The newest version that it has; 0 until there is a genesis.</param>
/// <param name="WitnessSize">Of the last tree that it cosigned; null where it lost what it signed and signs no more.</param>
/// <param name="Canary">What the service measures while a change is tried there.</param>
/// <param name="Applied">The version that its service has applied; null where nothing has to be.</param>
public sealed record NodeStatus(
    string Name, string Key, NodeKind Kind, string? Mesh, LeaseState Lease, long LeaseRemainingMs, long Configuration, bool Halted, IReadOnlyList<string> Halts,
    long Lamport, long? WitnessSize, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonNode? Canary = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Applied = null)
{
    /// <summary>The version that runs.</summary>
    [JsonIgnore]
    public long Runs => Applied ?? Configuration;
}

/// <summary>What governance tells a node every third of the lease time (<c>POST /chorus/head</c>).</summary>
/// <param name="Head">The newest committed checkpoint, a note with its cosignatures; null while there is none.</param>
/// <param name="Halts">Notes of the halts in force.</param>
/// <param name="Resumes">Notes of resumes that some node may have missed.</param>
/// <param name="Configuration">The newest version.</param>
public sealed record HeadNews(string? Head, IReadOnlyList<string> Halts, IReadOnlyList<string> Resumes, long Configuration)
{
    public const int MostBytes = 4 << 20;

    /// <summary>Of each kind that are read.</summary>
    public const int MostNotes = 1024;
}

/// <summary>Bodies between nodes.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    Converters = [typeof(SnakeCaseEnum<NodeKind>), typeof(SnakeCaseEnum<LeaseState>)])]
[JsonSerializable(typeof(NodeStatus))]
[JsonSerializable(typeof(HeadNews))]
[JsonSerializable(typeof(Acknowledgement))]
[JsonSerializable(typeof(ActsSnapshot))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(JsonArray))]
internal sealed partial class NodeJson : JsonSerializerContext;
