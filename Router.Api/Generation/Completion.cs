using System.Text;
using Mesh.Ensemble.Sampling;
using Mesh.Ensemble.TokenLoop;
using Mesh.Inference.Tokenizer;
using Router.Api.Constraints;
using Router.Api.Governance.Routing;
using Router.Api.Tools;

namespace Router.Api.Generation;

/// <summary>One accepted request: everything its chunks repeat, and its answers.</summary>
internal sealed class Completion
{
    public required string Id { get; init; }
    public required long Created { get; init; }
    public required string SystemFingerprint { get; init; }
    public required CompletionSettings Settings { get; init; }
    public required ModelTokenizer Tokenizer { get; init; }
    public required MeshSession Session { get; init; }

    /// <summary>One for each prompt; every prompt has <see cref="CompletionSettings.Candidates"/> answers, in order.</summary>
    public required IReadOnlyList<int[]> Prompts { get; init; }

    public required IReadOnlyList<Choice> Choices { get; init; }

    /// <summary>The field that an over-long prompt is blamed on.</summary>
    public required string PromptParameter { get; init; }

    /// <summary>Most tokens of one answer.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Tokens that the window of the experts has room for, prompt included.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Made on first use by a constraint.</summary>
    public required Func<PieceIndex> Pieces { get; init; }

    /// <summary>The answers to send: of each prompt's candidates the most probable ones.</summary>
    public IEnumerable<Choice> Best => Settings.Candidates == Settings.Choices ? Choices
        : Choices.Chunk(Settings.Candidates).SelectMany(c => c.OrderByDescending(choice => choice.MeanLogProbability).Take(Settings.Choices));

    public bool IsFinished => Choices.All(c => c.Finish != FinishReason.None);

    /// <summary>Of all tokens of all answers; null when there are none.</summary>
    public double? MeanLogProbability => Choices.Sum(c => c.Drawn) is > 0 and var drawn ? Choices.Sum(c => c.MeanLogProbability * c.Drawn) / drawn : null;

    public int PromptTokens => Prompts.Sum(p => p.Length);
    public int CompletionTokens => Choices.Sum(c => c.TokenCount);

    public int[] PromptOf(Choice choice) => Prompts[choice.Index / Settings.Candidates];

    public GenerationRequest RequestFor(Choice choice)
    {
        var sampling = Settings.Sampling;
        var prompt = PromptOf(choice);
        return new()
        {
            Prompt = prompt,
            // Answers to one prompt must differ though they share a seed.
            Sampling = sampling.Seed is { } seed ? sampling with { Seed = unchecked(seed + choice.Index % Settings.Candidates) } : sampling,
            MaxTokens = MaxTokens,
            EndTokens = Tokenizer.EndTokens,
            Only = Settings.Only,
            Routing = Session,
            Constraint = Constrain(Math.Min(MaxTokens, ContextLength - prompt.Length)),
            Trace = Settings.Trace,
            TopLogProbabilities = Settings.LogProbabilities ?? 0,
        };
    }

    private ITokenConstraint? Constrain(int maxTokens)
    {
        if (Settings.Tools is not { } tools)
            return Settings.Grammar is { } grammar ? new JsonTokenConstraint(Tokenizer, Pieces(), grammar, maxTokens) : null;
        if (!tools.IsForced && Settings.Grammar is { } answer)
            return new JsonTokenConstraint(Tokenizer, Pieces(), tools.GrammarBeside(answer), maxTokens);
        var calls = tools.Grammar();
        return tools.IsForced
            ? new JsonTokenConstraint(Tokenizer, Pieces(), calls, maxTokens)
            : new ToolTokenConstraint(Tokenizer, Encoding.UTF8.GetBytes(ToolSet.Opening), left => new(Tokenizer, Pieces(), calls, left), maxTokens);
    }
}
