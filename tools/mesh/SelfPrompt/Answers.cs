using System.Text.Json.Serialization;

namespace Mesh.Tool.SelfPrompt;

internal sealed record BegunAnswer(string Run, string Preview, string? Kind = null);

/// <param name="At">Unix seconds.</param>
internal sealed record StepAnswer(long Index, string Step, string Summary, long At, string? Artifact = null, string? Proposal = null);

/// <param name="Begun">Unix seconds.</param>
internal sealed record RunAnswer(string Run, string Status, bool IsOver, long Begun, IReadOnlyList<StepAnswer> Steps, string? Kind = null, string? Proposal = null);

internal sealed record RunsAnswer(IReadOnlyList<RunAnswer> Runs);

/// <param name="Gain">Positive is better, in <paramref name="Unit"/>.</param>
internal sealed record EstimateAnswer(string Metric, string Unit, double Now, double With, double Gain, double Low, double High, int Samples);

internal sealed record ReportLineAnswer(
    string Run, long Begun, string Summary, string? Kind = null, string? Outcome = null, string? Finding = null, string? Operation = null, EstimateAnswer? Promised = null, EstimateAnswer? Measured = null,
    bool? Kept = null, string? Proposal = null);

internal sealed record ReportAnswer(IReadOnlyList<ReportLineAnswer> Runs);

internal sealed record BudgetAnswer(long Calls, long Tokens, double Seconds);

internal sealed record AgentStatusAnswer(bool Enabled, string Mesh, string Member, string Model, string Endpoint, BudgetAnswer Budget, IReadOnlyList<string> Open, IReadOnlyList<string> Kinds, double? NextSeconds = null);

/// <summary>Answers of the agent; what this version does not know is passed over.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(BegunAnswer))]
[JsonSerializable(typeof(RunAnswer))]
[JsonSerializable(typeof(RunsAnswer))]
[JsonSerializable(typeof(ReportAnswer))]
[JsonSerializable(typeof(AgentStatusAnswer))]
internal sealed partial class AgentAnswerJson : JsonSerializerContext;
