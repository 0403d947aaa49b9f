using System.Buffers;
using System.Collections.Frozen;
using Mesh.Governance.Operations;

namespace Mesh.Governance.Tiers;

/// <summary>What a text seems to ask for: advice for people, never a decision.</summary>
/// <param name="Reasons">Why, a sentence each.</param>
public sealed record Classification(Tier Tier, Domain Domain, IReadOnlyList<string> Reasons)
{
    /// <summary>Text can raise the tier of an operation, never lower it.</summary>
    public Tier Raise(Tier tier) => Tier > tier ? Tier : tier;
}

/// <summary>
/// Reads free text against a list of known words. It fails closed: a text is below the highest tier only when every word of it is known, so what is written in another alphabet or language,
/// encoded, or about tiers and rules themselves is of the highest. Among known words the highest one counts, wherever it stands and whatever stands before it.
/// </summary>
public static class TextClassifier
{
    public const int MostCharacters = 2000;

    private static readonly SearchValues<char> Plain = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c), '\n', '\r', '\t']);

    private enum Kind
    {
        /// <summary>Says nothing of its own.</summary>
        Filler,
        /// <summary>Names a thing; with a word that changes, its domain counts.</summary>
        Thing,
        /// <summary>Says what is done.</summary>
        Verb,
    }

    private sealed record Word(Kind Kind, Tier Tier, Domain Domain);

    private static readonly FrozenDictionary<string, Word> Words = new (Kind Kind, Tier Tier, Domain Domain, string Words)[]
    {
        (Kind.Filler, Tier.ReadOnly, Domain.None, "a an the this that these those of in on at by for to from with and or then than is are was it its our we i you me please could can would should how what which when who much many per as into between over under about more less up down next last new old again now today yesterday day hour minute week second seconds minutes hours days weeks percent"),
        (Kind.Verb, Tier.ReadOnly, Domain.None, "show list look read measure count compare export print report explain describe view see get find display plot summarize summarise watch check"),
        (Kind.Verb, Tier.Suggest, Domain.None, "suggest draft recommend propose outline"),
        (Kind.Verb, Tier.SandboxTest, Domain.None, "test evaluate try simulate benchmark experiment rehearse"),
        (Kind.Verb, Tier.DeployMinor, Domain.Routing, "set change raise lower increase decrease tune adjust reduce shorten lengthen double halve"),
        (Kind.Verb, Tier.DeployMinor, Domain.Experts, "quarantine"),
        (Kind.Thing, Tier.ReadOnly, Domain.None, "status state latency p50 p99 throughput error errors rate rates metric metrics log logs trace traces token tokens session sessions quality perplexity result results figure figures graph chart table text sentence answer answers number numbers average median mean canary share router routers worker workers node nodes health memory version history ledger entry entries mesh configuration settings phase members policy domain model models"),
        (Kind.Thing, Tier.ReadOnly, Domain.Routing, "k deadline deadlines decay selection over-selection overselection speculation hysteresis refresh interval routing weight weights gate mix evidence"),
        (Kind.Thing, Tier.ReadOnly, Domain.Experts, "expert experts"),
        (Kind.Verb, Tier.DeployMajor, Domain.Experts, "admit add remove delete drop install register unregister replace release load unload retrain train merge"),
        (Kind.Verb, Tier.DeployMajor, Domain.Phase, "switch transition"),
        (Kind.Verb, Tier.DeployMajor, Domain.Members, "grant revoke invite promote rotate"),
        (Kind.Verb, Tier.DeployMajor, Domain.Policy, "deploy execute run write overwrite disable enable override bypass ignore skip unlock lift approve resume code script"),
    }.SelectMany(row => row.Words.Split(' ').Select(word => (word, new Word(row.Kind, row.Tier, row.Domain)))).ToFrozenDictionary(p => p.word, p => p.Item2, StringComparer.Ordinal);

    /// <summary>Things of which any change is major.</summary>
    private static readonly FrozenDictionary<string, Domain> Guarded = new Dictionary<string, Domain>
    {
        ["phase"] = Domain.Phase, ["members"] = Domain.Members, ["nodes"] = Domain.Members, ["node"] = Domain.Members, ["policy"] = Domain.Policy, ["domain"] = Domain.Policy,
        ["model"] = Domain.Experts, ["models"] = Domain.Experts, ["ledger"] = Domain.Policy, ["history"] = Domain.Policy, ["canary"] = Domain.Policy, ["version"] = Domain.Policy,
        ["tokens"] = Domain.Policy, ["memory"] = Domain.Policy, ["log"] = Domain.Policy, ["logs"] = Domain.Policy,
    }.ToFrozenDictionary();

    public static Classification Classify(string text)
    {
        if (text.Length > MostCharacters)
            return Doubt($"It is longer than {MostCharacters} characters.");
        if (text.AsSpan().IndexOfAnyExcept(Plain) is >= 0 and var odd)
            return Doubt($"It has the character U+{(int)text[odd]:X4}; only plain English is judged.");
        var highest = new Word(Kind.Filler, Tier.ReadOnly, Domain.None);
        var reasons = new List<string>();
        Domain guarded = Domain.None, thing = Domain.None;
        var previous = "";
        foreach (var range in text.AsSpan().SplitAny(" \t\n\r,.;:!?\"'()=%/"))
        {
            var word = text[range].ToLowerInvariant();
            if (word.Length == 0)
                continue;
            var isNamed = previous is "expert" && !Words.ContainsKey(word) && word.Length <= 64 && word.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-');
            if (!isNamed && !IsNumber(word) && !Words.ContainsKey(word))
                return Doubt($"'{word}' is not among the words that are judged.");
            if (Words.TryGetValue(word, out var known))
            {
                if (known.Kind == Kind.Verb && (known.Tier > highest.Tier || highest.Kind != Kind.Verb))
                    (highest, reasons) = (known, [$"'{word}' asks for {Name(known.Tier)}."]);
                guarded = Guarded.GetValueOrDefault(word, guarded);
                thing = known.Kind == Kind.Thing && thing == Domain.None ? known.Domain : thing;
            }
            previous = word;
        }
        if (highest.Kind != Kind.Verb)
            return Doubt("It does not say what is done.");
        if (highest.Tier == Tier.DeployMinor && guarded != Domain.None)
            return new(Tier.DeployMajor, guarded, [.. reasons, $"A change of '{guarded.ToString().ToLowerInvariant()}' is major."]);
        if (highest.Tier == Tier.DeployMinor && highest.Domain == Domain.Routing && thing != Domain.Routing)
            return Doubt("It changes something that is no setting of the routing.");
        return new(highest.Tier, highest.Domain, reasons);
    }

    private static Classification Doubt(string why) => new(Tier.DeployMajor, Domain.None, [why]);

    private static bool IsNumber(string word) => word.All(char.IsAsciiDigit) && word.Length <= 12;

    private static string Name(Tier tier) => tier switch
    {
        Tier.ReadOnly => "a look",
        Tier.Suggest => "a text",
        Tier.SandboxTest => "a test away from traffic",
        Tier.DeployMinor => "a change of settings",
        _ => "a major change",
    };
}
