using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;

namespace Mesh.Governance;

/// <summary>Governance in JSON: snake_case names and values; a field that is not known is refused, for nobody signs what they do not understand.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = false, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowOutOfOrderMetadataProperties = true,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    Converters = [typeof(SnakeCaseEnum<Role>), typeof(SnakeCaseEnum<NodeKind>), typeof(SnakeCaseEnum<Tier>), typeof(SnakeCaseEnum<Domain>),
        typeof(SnakeCaseEnum<VoteChoice>), typeof(SnakeCaseEnum<Outcome>), typeof(SnakeCaseEnum<Stage>), typeof(SnakeCaseEnum<ProposalStatus>)])]
[JsonSerializable(typeof(MeshConfiguration))]
[JsonSerializable(typeof(Operation))]
[JsonSerializable(typeof(Member))]
[JsonSerializable(typeof(Proposal))]
[JsonSerializable(typeof(Vote))]
[JsonSerializable(typeof(Withdrawal))]
[JsonSerializable(typeof(HaltOrder))]
[JsonSerializable(typeof(ResumeOrder))]
[JsonSerializable(typeof(ArtifactStatement))]
[JsonSerializable(typeof(SelfStep))]
[JsonSerializable(typeof(GenesisBody))]
[JsonSerializable(typeof(ProposalBody))]
[JsonSerializable(typeof(NoteBody))]
[JsonSerializable(typeof(RefusalBody))]
[JsonSerializable(typeof(DecisionBody))]
[JsonSerializable(typeof(ConfigurationBody))]
[JsonSerializable(typeof(ReportBody))]
[JsonSerializable(typeof(FieldChange))]
[JsonSerializable(typeof(BlastRadius))]
[JsonSerializable(typeof(Classification))]
public sealed partial class GovernanceJson : JsonSerializerContext;

/// <summary>Names as <c>deploy_minor</c>; numbers and unknown names are refused.</summary>
public sealed class SnakeCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
