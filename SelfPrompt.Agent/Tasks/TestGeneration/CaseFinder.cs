using System.Text.RegularExpressions;
using Mesh.Contracts.Observations;
using SelfPrompt.Agent.Observing;

namespace SelfPrompt.Agent.Tasks.TestGeneration;

/// <summary>Cases that may be worth having: what people found bad first, then what the mixture itself was least sure of.</summary>
internal static partial class CaseFinder
{
    /// <summary>An answer that is given less, a token, is a guess: one in e^2.</summary>
    public const double LeastLogProbability = -2;

    private const int MostPrompt = 600;
    private const int MostCandidates = 24;
    private const int MostTokens = 32;
    private const int MostBad = 40;     // characters of a bad answer that must not come again
    private const int LeastBad = 8;     // fewer would forbid words that any answer may have

    public static IReadOnlyList<RegressionCase> Find(MeshObservation seen) =>
    [
        .. seen.Router.Feedback.Where(f => !f.Up && IsAskable(f.Prompt)).Select(OfFeedback).OfType<RegressionCase>()
            .Concat(seen.Router.LowConfidence.Where(a => a.LogProbability < LeastLogProbability && IsAskable(a.Prompt)).Select(OfDoubt))
            .DistinctBy(c => c.Prompt).Take(MostCandidates),
    ];

    private static RegressionCase? OfFeedback(ObservedFeedback feedback) =>
        Result(feedback.Prompt!) is { } result ? new(feedback.Prompt!, CaseCheck.Contains, SeedOf(feedback.Prompt!), MostTokens, Text: result)
        : Bad(feedback.Answer) is { } bad ? new(feedback.Prompt!, CaseCheck.DoesNotContain, SeedOf(feedback.Prompt!), MostTokens, Text: bad)
        : null;

    private static RegressionCase OfDoubt(ObservedAnswer answer) =>
        Result(answer.Prompt) is { } result
            ? new(answer.Prompt, CaseCheck.Contains, SeedOf(answer.Prompt), MostTokens, Text: result)
            : new(answer.Prompt, CaseCheck.LogProbability, SeedOf(answer.Prompt), MostTokens, Least: LeastLogProbability);

    private static bool IsAskable(string? prompt) => prompt is { Length: > 0 and <= MostPrompt };

    /// <summary>What a prompt that asks for one sum has to be answered with.</summary>
    private static string? Result(string prompt)
    {
        var asked = Sum().Matches(prompt);
        if (asked.Count != 1)
            return null;
        var (a, b) = (int.Parse(asked[0].Groups[1].ValueSpan), int.Parse(asked[0].Groups[3].ValueSpan));
        return (asked[0].Groups[2].Value switch { "+" => a + b, "-" => a - b, _ => a * b }).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string? Bad(string? answer) => answer?.Trim() is { Length: >= LeastBad } text ? text.Length <= MostBad ? text : text[..MostBad] : null;

    /// <summary>The same prompt is asked with the same seed, by whomever.</summary>
    private static long SeedOf(string prompt) => BitConverter.ToUInt32(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(prompt)));

    [GeneratedRegex(@"(?<![\w.])(\d{1,4}) ?([-+*]) ?(\d{1,4})(?![\w.]| ?[-+*])")]
    private static partial Regex Sum();
}
