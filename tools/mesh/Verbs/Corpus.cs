using System.CommandLine;
using Mesh.Contracts.Catalog;
using Mesh.Contracts.Experts;
using Mesh.Inference;
using Mesh.Inference.Tokenizer;
using Mesh.Tool.Eval;
using Mesh.Training.Scores;
using Spectre.Console;

namespace Mesh.Tool.Verbs;

/// <summary>The options that measuring and training share, and what they ask for: experts, texts and the scores that the former gave to the latter.</summary>
internal sealed class Corpus
{
    private readonly Option<string> _models = new("--models") { Description = "GGUF files, folders of them or catalogue files, separated by ';'.", DefaultValueFactory = _ => "models" };
    private readonly Option<string> _texts = new("--texts") { Description = "Folder of .jsonl files, {\"domain\", \"text\"} a line.", DefaultValueFactory = _ => Path.Combine("..", "shared", "eval") };
    private readonly Option<int> _window = new("--window") { Description = "Tokens that an expert reads at once; texts are cut into such windows. The embedded experts were trained on 256.", DefaultValueFactory = _ => 256 };
    private readonly Option<int> _segment = new("--segment") { Description = "Tokens after which the switching texts change domain.", DefaultValueFactory = _ => 64 };
    private readonly Option<int> _limit = new("--limit") { Description = "Most texts of each domain and fold, for a quick look; 0 takes all.", DefaultValueFactory = _ => 0 };
    private readonly Option<string> _cache = new("--cache") { Description = "Folder that keeps what an expert has read; empty keeps nothing.", DefaultValueFactory = _ => Path.Combine(".mesh", "eval") };

    public Corpus(Command command)
    {
        AtLeast(_window, 16);
        AtLeast(_segment, 1);
        AtLeast(_limit, 0);
        foreach (var option in new Option[] { _models, _texts, _window, _segment, _limit, _cache })
            command.Options.Add(option);
    }

    public int Segment(ParseResult arguments) => arguments.GetValue(_segment);

    /// <param name="Fingerprint">Of the experts' common tokenizer.</param>
    internal sealed record Scores(ScoreTable Table, string Fingerprint, int VocabularySize);

    /// <exception cref="EvalException">Something the user named is not there or does not fit; the message says what.</exception>
    public async Task<Scores> ScoreAsync(ParseResult arguments, Part part, IAnsiConsole console, CancellationToken cancellationToken)
    {
        try
        {
            var specs = ModelCatalog.Read(arguments.GetValue(_models)!, Environment.CurrentDirectory);
            using var tokenizer = ModelTokenizer.Load(specs[0].ModelPath);
            var texts = Texts(arguments, part, tokenizer);
            var cache = arguments.GetValue(_cache) is { Length: > 0 } folder ? Path.GetFullPath(folder) : null;
            var table = await ReadAsync(new(cache), specs, texts, console, cancellationToken);
            return new(table, tokenizer.Fingerprint, tokenizer.VocabularySize);
        }
        catch (Exception fault) when (fault is CatalogException or ModelLoadException or IOException or UnauthorizedAccessException)
        {
            throw new EvalException(fault.Message);
        }
    }

    /// <summary>Adds the check to an option whose value is a number.</summary>
    public static void AtLeast(Option<int> option, int least) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() < least)
            result.AddError($"{option.Name} must be {least} or more.");
    });

    /// <summary>The texts themselves, then those that switch, made from each fold on its own.</summary>
    private IReadOnlyList<EvalText> Texts(ParseResult arguments, Part part, ModelTokenizer tokenizer)
    {
        var (window, segment) = (arguments.GetValue(_window), arguments.GetValue(_segment));
        var made = new List<EvalText>();
        foreach (var fold in Enumerable.Range(0, EvalText.Folds).Where(f => part == Part.All || (f == EvalTexts.HeldOut) == (part == Part.HeldOut)))
        {
            var texts = EvalTexts.Load(arguments.GetValue(_texts)!, tokenizer, window, fold, arguments.GetValue(_limit));
            made.AddRange(texts);
            made.AddRange(EvalTexts.Switch(texts, segment, window, seed: 1 + fold));
        }
        return made.Count > 0 ? made : throw new EvalException($"The folder '{arguments.GetValue(_texts)}' holds no text long enough.");
    }

    private static async Task<ScoreTable> ReadAsync(Scorer scorer, IReadOnlyList<ExpertSpec> specs, IReadOnlyList<EvalText> texts, IAnsiConsole console, CancellationToken cancellationToken)
    {
        ScoreTable? table = null;
        var tokens = texts.Sum(t => t.Tokens.Length);
        await console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).StartAsync(async progress =>
        {
            var tasks = specs.ToDictionary(s => s.Id.Value, s => progress.AddTask($"{s.Id} reads {tokens:n0} tokens", maxValue: tokens));
            table = await scorer.RunAsync(specs, texts, (expert, more) => tasks[expert].Increment(more), cancellationToken);
        });
        return table!;
    }
}
