using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Governance;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;

namespace SelfPrompt.Agent;

/// <summary>The agent in JSON: snake_case, governance's own names inside.</summary>
internal static class AgentJson
{
    public static JsonSerializerOptions Options { get; } = Make();

    public static void Shape(JsonSerializerOptions json)
    {
        json.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        json.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        json.AllowOutOfOrderMetadataProperties = true;
        json.RespectNullableAnnotations = true;
        json.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;   // it is never put into a page as it is; escaped, other alphabets are several times as large
        json.Converters.Add(new SnakeCaseEnum<Role>());
        json.Converters.Add(new SnakeCaseEnum<NodeKind>());
        json.Converters.Add(new SnakeCaseEnum<Tier>());
        json.Converters.Add(new SnakeCaseEnum<Domain>());
        json.Converters.Add(new SnakeCaseEnum<ProposalStatus>());
    }

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions();
        Shape(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
