using System.Text.Json.Serialization;
using Mesh.Governance.Canaries;

namespace Router.Api.Governance.Canary;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(CanaryReport))]
internal sealed partial class CanaryJson : JsonSerializerContext;
