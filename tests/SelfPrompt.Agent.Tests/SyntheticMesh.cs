using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Mesh.Ensemble.Gating;
using Mesh.Testing;
using Mesh.Training.Scores;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Tests;

/// <summary>
/// Six experts of which each knows one domain, mixed by the token loop's own gates: what a router would answer, computed. Scores follow from the seed and the text alone; times are
/// drawn anew for every answer, as a machine's are.
/// </summary>
internal sealed partial class SyntheticMesh(int seed = 1) : ISandbox, IDisposable
{
    public static readonly string[] Experts = ["arithmetic", "code", "generalist", "lexicon", "scripture", "unix"];
    private const int Vocabulary = 512;

    private readonly Random _random = new(seed);
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, byte[]> _kept = [];

    /// <summary>What the mesh itself runs with.</summary>
    public Running Own { get; set; } = new();

    /// <summary>Milliseconds of a token, and more for every expert that is asked for it.</summary>
    public double TokenMs { get; set; } = 8;
    public double ExpertMs { get; set; }

    /// <summary>Nats that an expert's every token has more or less.</summary>
    public Dictionary<string, double> Skill { get; } = [];

    public int Calls { get; private set; }
    public int Checks { get; private set; }

    /// <summary>Whether its agent may go on.</summary>
    public bool IsHalted { get; set; }

    /// <summary>Experts that went since they were seen, and whether a text is more than anybody reads.</summary>
    public HashSet<string> Away { get; } = [];
    public Func<string, bool> IsTooLong { get; set; } = _ => false;

    public IReadOnlyDictionary<string, byte[]> Kept => _kept;

    public Task<double[]> ScoreAsync(string text, JsonElement? settings, string? expert, CancellationToken cancellationToken)
    {
        Calls++;
        var tokens = Tokens(text);
        return Task.FromResult(IsTooLong(text) || (expert is not null && Away.Contains(expert)) ? [] : expert is not null
            ? [.. Enumerable.Range(1, Math.Max(0, tokens.Length - 1)).Select(at => Score(expert, text, at))]
            : Mixed(text, tokens, With(settings)));
    }

    public Task<SandboxTokens> TokenizeAsync(string text, CancellationToken cancellationToken) => Task.FromResult(new SandboxTokens(Tokens(text), "synthetic", Vocabulary));

    public Task<SandboxAnswer?> AskAsync(string prompt, int mostTokens, long seed, JsonElement? settings, CancellationToken cancellationToken)
    {
        Calls++;
        if (IsTooLong(prompt))
            return Task.FromResult<SandboxAnswer?>(null);
        var running = With(settings);
        var likelihood = Mixed(prompt, Tokens(prompt), running) is { Length: > 0 } scores ? scores.Average() : -9;
        var (asked, milliseconds, dropped) = (running.K + running.OverSelection, new double[mostTokens], 0);
        for (var token = 0; token < mostTokens; token++)
        {
            milliseconds[token] = (TokenMs + ExpertMs * asked) * (1 + 0.2 * _random.NextDouble());
            if (milliseconds[token] <= running.MinimumDeadlineMs)
                continue;
            milliseconds[token] = running.MinimumDeadlineMs;
            dropped += asked - 1;
        }
        return Task.FromResult<SandboxAnswer?>(new SandboxAnswer(Answer(prompt, likelihood), likelihood, milliseconds, asked * mostTokens, dropped));
    }

    public Task CheckAsync(CancellationToken cancellationToken)
    {
        Checks++;
        return IsHalted ? Task.FromException(new PolicyRefusedException(PolicyRefusedException.Halted, "halted")) : Task.CompletedTask;
    }

    public Task<string> KeepAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes.Span));
        _kept[hash] = bytes.ToArray();
        return Task.FromResult(hash);
    }

    public Task<byte[]?> FindAsync(string hash, CancellationToken cancellationToken) => Task.FromResult(_kept.GetValueOrDefault(hash));

    public void Dispose() => _folder.Dispose();

    /// <summary>Settings of a request over the mesh's own.</summary>
    public Running With(JsonElement? settings)
    {
        var running = Own;
        foreach (var named in settings?.EnumerateObject() ?? default)
            running = named.Name switch
            {
                "k" => running with { K = named.Value.GetInt32() },
                "over_selection" => running with { OverSelection = named.Value.GetInt32() },
                "gate" => running with { Gate = named.Value.GetString()! },
                "gate_hash" => running with { GateHash = named.Value.GetString() },
                "evidence_decay" => running with { EvidenceDecay = named.Value.GetDouble() },
                "evidence_weight" => running with { EvidenceWeight = named.Value.GetDouble() },
                "deadline_factor" => running with { DeadlineFactor = named.Value.GetDouble() },
                "minimum_deadline_ms" => running with { MinimumDeadlineMs = named.Value.GetDouble() },
                "experts" => running with { Experts = [.. named.Value.EnumerateArray().Select(e => e.GetString()!)] },
                _ => throw new ArgumentException($"No router knows the setting '{named.Name}'."),
            };
        return running;
    }

    private double[] Mixed(string text, int[] tokens, Running running)
    {
        if (tokens.Length < 2)
            return [];
        // The mean of a text is all that anybody asks of a mixture.
        var eval = new EvalText("text", 0, 0, tokens, Unscored: 1);
        var table = new ScoreTable(running.Experts, [eval]);
        for (var expert = 0; expert < running.Experts.Count; expert++)
            for (var at = 1; at < tokens.Length; at++)
                table.Of(0, expert)[at - 1] = (float)Score(running.Experts[expert], text, at);
        var mean = Mixtures.Gated(table, _ => Gate(running), running.K)[0] / eval.Scored;
        return [.. Enumerable.Repeat(mean, eval.Scored)];
    }

    private IGate Gate(Running running) => running.Gate switch
    {
        "uniform" => new UniformGate(),
        "learned" when running.GateHash is { } hash => new LearnedGate(Load(hash)),
        _ => new EvidenceGate(running.EvidenceDecay, running.EvidenceWeight),
    };

    private GateModel Load(string hash)
    {
        var path = Path.Combine(_folder.Path, hash);
        File.WriteAllBytes(path, _kept[hash]);
        return GateModel.Load(path);
    }

    private double Score(string expert, string text, int at) =>
        (expert == DomainOf(text) ? -1.2 : expert == "generalist" ? -2 : -4) + Skill.GetValueOrDefault(expert) + 1.6 * (Chance($"{seed}/{expert}/{at}/{text}") - 0.5);

    /// <summary>Right while the mixture knows what it talks about.</summary>
    private static string Answer(string prompt, double likelihood)
    {
        var sum = Sum().Match(prompt);
        if (!sum.Success)
            return likelihood > -2.5 ? "as it should be" : "as it should not be";
        var (a, b) = (int.Parse(sum.Groups[1].Value), int.Parse(sum.Groups[2].Value));
        return $"{a} + {b} = {(likelihood > -2.5 ? a + b : a + b + 1)}";
    }

    private static string DomainOf(string text) =>
        Digits().IsMatch(text) ? "arithmetic" : Code().IsMatch(text) ? "code" : Verse().IsMatch(text) ? "scripture" : Entry().IsMatch(text) ? "lexicon" : Manual().IsMatch(text) ? "unix" : "generalist";

    private static int[] Tokens(string text) => [.. text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(w => (int)(Chance(w) * Vocabulary))];

    private static double Chance(string of) => BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(of))) / (uint.MaxValue + 1.0);

    /// <param name="GateHash">Null: the router has no gate file of its own, the learned gate is the evidence.</param>
    internal sealed record Running(
        int K = 4, int OverSelection = 0, string Gate = "evidence", double EvidenceDecay = 0.9, double EvidenceWeight = 0.7, double DeadlineFactor = 2, double MinimumDeadlineMs = 100, string? GateHash = null)
    {
        public IReadOnlyList<string> Experts { get; init; } = SyntheticMesh.Experts;
    }

    [GeneratedRegex(@"(\d+) \+ (\d+)")]
    private static partial Regex Sum();

    [GeneratedRegex(@"\d+ [-+*] \d+")]
    private static partial Regex Digits();

    [GeneratedRegex(@"def |import |return |class |while |try:|isinstance|open\(path|print\(|for x in|Python")]
    private static partial Regex Code();

    [GeneratedRegex(@"\b(unto|thou|thee|ye|LORD|thy|Blessed|And it came|And he said|In the beginning|verse)\b")]
    private static partial Regex Verse();

    [GeneratedRegex(@"\((noun|verb|adjective)\)|^\w+: a |^Define")]
    private static partial Regex Entry();

    [GeneratedRegex(@"file|errno|process|system call|buffer|SIG|#include|What does")]
    private static partial Regex Manual();
}
