using System.Text.Json.Serialization;

namespace Mesh.Contracts.Observations;

/// <summary>How <see cref="RouterObservations"/> are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RouterObservations))]
public sealed partial class ObservationJson : JsonSerializerContext;
