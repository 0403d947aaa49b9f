using System.Text.Json;
using SelfPrompt.Agent.Sandboxing;
using SelfPrompt.Agent.Statistics;

namespace SelfPrompt.Agent.Tasks.SchedulerOptimization;

/// <summary>The same prompts with several settings, one after the other for each prompt, so that a machine that gets busy is busy for all of them.</summary>
internal static class SpeedTrial
{
    public const int MostTokens = 24;
    private const long Seed = 1;

    /// <param name="settings">Null: the mesh's own.</param>
    /// <returns>What each of the settings came to, in their order.</returns>
    public static async Task<IReadOnlyList<SpeedSample>> RunAsync(ISandbox sandbox, IReadOnlyList<string> prompts, IReadOnlyList<JsonElement?> settings, CancellationToken cancellationToken)
    {
        var answers = settings.Select(_ => new SandboxAnswer?[prompts.Count]).ToArray();
        for (var prompt = 0; prompt < prompts.Count; prompt++)
            // Who comes first finds colder caches: each in turn.
            for (var turn = 0; turn < settings.Count; turn++)
            {
                var which = (prompt + turn) % settings.Count;
                answers[which][prompt] = await sandbox.AskAsync(prompts[prompt], MostTokens, Seed, settings[which], cancellationToken);
            }
        // A prompt that some settings have no answer to is left out of all.
        int[] all = [.. Enumerable.Range(0, prompts.Count).Where(prompt => answers.All(a => a[prompt] is not null))];
        return [.. answers.Select(a => new SpeedSample([.. all.Select(prompt => prompts[prompt])], [.. all.Select(prompt => a[prompt]!)]))];
    }
}

/// <summary>Answers to the prompts with one of the settings.</summary>
internal sealed record SpeedSample(IReadOnlyList<string> Prompts, IReadOnlyList<SandboxAnswer> Answers)
{
    /// <summary>Per prompt the milliseconds of every token but the first, whose time is the prompt's.</summary>
    private IReadOnlyList<IReadOnlyList<double>> Milliseconds { get; } = [.. Answers.Select(a => (IReadOnlyList<double>)[.. a.Milliseconds.Skip(1)])];

    public double Median => PairedResampling.Quantile(Milliseconds.SelectMany(m => m), 0.5);

    public double P99 => PairedResampling.Quantile(Milliseconds.SelectMany(m => m), 0.99);

    /// <summary>Share of the experts' answers that tokens were drawn without.</summary>
    public double Dropped => Answers.Sum(a => a.Dropped) / (double)Math.Max(1, Answers.Sum(a => a.Asked));

    /// <summary>The prompts with their answers, as texts to be scored.</summary>
    public IReadOnlyList<string> Texts => [.. Prompts.Zip(Answers, (p, a) => $"{p} {a.Text}")];

    public Paired MedianGain(SpeedSample with) => Paired.Of([.. Pairs(with).Select(p => PairedResampling.Quantile(p.Now, 0.5) - PairedResampling.Quantile(p.With, 0.5))]);

    public Paired P99Gain(SpeedSample with)
    {
        var pairs = Pairs(with).ToArray();
        return PairedResampling.OfQuantile([.. pairs.Select(p => p.Now)], [.. pairs.Select(p => p.With)], 0.99);
    }

    public Paired DroppedGain(SpeedSample with) => Paired.Of([.. Answers.Zip(with.Answers, (a, b) => Share(a) - Share(b))]);

    public IEnumerable<double> DroppedShares => Answers.Select(Share);

    private static double Share(SandboxAnswer answer) => answer.Dropped / (double)Math.Max(1, answer.Asked);

    /// <summary>Prompts that both answered with more than one token.</summary>
    private IEnumerable<(IReadOnlyList<double> Now, IReadOnlyList<double> With)> Pairs(SpeedSample with) =>
        Milliseconds.Zip(with.Milliseconds).Where(p => p is { First.Count: > 0, Second.Count: > 0 });
}
