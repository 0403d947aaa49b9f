using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Governance;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Tasks.TestGeneration;

internal enum CaseCheck
{
    /// <summary>The text stands in the answer, not as a part of a longer word or number.</summary>
    Contains,
    DoesNotContain,
    /// <summary>Mean log-probability of the answer's tokens is at least so much.</summary>
    LogProbability,
}

/// <summary>A prompt and what must hold of its answer. The prompt and the text are from outside: asked and compared, never obeyed.</summary>
/// <param name="Text">Of the checks of text.</param>
/// <param name="Least">Of the check of the log-probability, nats a token.</param>
internal sealed record RegressionCase(string Prompt, CaseCheck Check, long Seed, int MostTokens, string? Text = null, double? Least = null)
{
    /// <summary>The same case has the same id, whoever finds it.</summary>
    [JsonIgnore]
    public string Id => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this, CaseJson.Default.RegressionCase)))[..16];

    [JsonIgnore]
    public string InWords => Check switch
    {
        CaseCheck.Contains => "the answer names the result",
        CaseCheck.DoesNotContain => "an answer that people found bad does not come again",
        _ => FormattableString.Invariant($"the mixture gives its answer at least {Least:0.##} nats a token"),
    };

    public async Task<bool> PassesAsync(ISandbox sandbox, JsonElement? settings, CancellationToken cancellationToken) =>
        await sandbox.AskAsync(Prompt, MostTokens, Seed, settings, cancellationToken) is { } answer && Passes(answer);

    public bool Passes(SandboxAnswer answer) => Check switch
    {
        CaseCheck.Contains => Stands(Text!, answer.Text),
        CaseCheck.DoesNotContain => !answer.Text.Contains(Text!, StringComparison.Ordinal),
        _ => answer.LogProbability >= Least,
    };

    private static bool Stands(string text, string within)
    {
        for (var at = within.IndexOf(text, StringComparison.Ordinal); at >= 0; at = within.IndexOf(text, at + 1, StringComparison.Ordinal))
            if ((at == 0 || !char.IsLetterOrDigit(within[at - 1])) && (at + text.Length == within.Length || !char.IsLetterOrDigit(within[at + text.Length])))
                return true;
        return false;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(SnakeCaseEnum<CaseCheck>)],
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RegressionCase))]
[JsonSerializable(typeof(IReadOnlyList<RegressionCase>))]
internal sealed partial class CaseJson : JsonSerializerContext;
