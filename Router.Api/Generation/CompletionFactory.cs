using System.Security.Cryptography;
using System.Text;
using Mesh.Ensemble.Experts;
using Mesh.Inference.Tokenizer;
using Microsoft.Extensions.Options;
using Router.Api.Errors;
using Router.Api.Governance.Routing;
using Router.Api.Hosting;
using Router.Api.Text;

namespace Router.Api.Generation;

/// <summary>Makes a <see cref="Completion"/> of checked settings and prompts.</summary>
internal sealed class CompletionFactory(MeshSessions sessions, RequestedGates gates, TokenizerSource tokenizers, IOptions<RouterOptions> limits, TimeProvider time)
{
    private const int IdLength = 29;

    /// <exception cref="ApiException">A prompt is empty, there are more answers than run at a time, or the gate that was asked for cannot be had.</exception>
    public async Task<Completion> CreateAsync(HttpContext context, string idPrefix, CompletionSettings settings, ModelTokenizer tokenizer, IReadOnlyList<int[]> prompts, string promptParameter, int defaultMaxTokens)
    {
        if (prompts.Any(p => p.Length == 0))
            throw ApiErrors.Invalid(promptParameter, $"Invalid '{promptParameter}': it has no tokens.", "empty_prompt");
        var answers = prompts.Count * settings.Candidates;
        if (answers > limits.Value.MaxConcurrent)
            throw ApiErrors.Invalid(settings.Candidates > settings.Choices ? "best_of" : "n", $"Invalid '{(settings.Candidates > settings.Choices ? "best_of" : "n")}': {answers} completions in one request. Expected at most {limits.Value.MaxConcurrent}.", "integer_above_max_value");
        if (settings.Sampling.LogitBias?.Keys.FirstOrDefault(t => t >= tokenizer.VocabularySize, -1) is >= 0 and var unknown)
            throw ApiErrors.Invalid("logit_bias", $"Invalid key in 'logit_bias': {unknown}. Expected token ids from 0 to {tokenizer.VocabularySize - 1}.");
        var id = idPrefix + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", IdLength);
        settings = settings with { Ensemble = await gates.BringAsync(settings.Ensemble, tokenizer.Fingerprint, context.RequestAborted) };
        var session = sessions.Begin(context, id, settings);
        return new()
        {
            Id = id,
            Session = session,
            Created = time.GetUtcNow().ToUnixTimeSeconds(),
            SystemFingerprint = Fingerprint(tokenizer, session, settings),
            Settings = settings,
            Tokenizer = tokenizer,
            Prompts = prompts,
            Choices = [.. Enumerable.Range(0, answers).Select(i => new Choice(i, tokenizer, settings))],
            PromptParameter = promptParameter,
            ContextLength = ContextLength(session.Peers),
            Pieces = () => tokenizers.Pieces(tokenizer),
            MaxTokens = settings.MaxTokens ?? Math.Min(defaultMaxTokens, limits.Value.MaxTokens),
        };
    }

    /// <summary>Tokens that a prompt may have and leave room for an answer: what was asked for, up to half the window, or a quarter of it.</summary>
    public int RoomFor(CompletionSettings settings)
    {
        var window = ContextLength(sessions.Peek(settings.Only, settings.Ensemble).Peers);
        return window - Math.Min(settings.MaxTokens ?? window / 4, window / 2);
    }

    private static int ContextLength(IEnumerable<ExpertPeer> peers) => peers.Select(p => p.Card.ContextLength).DefaultIfEmpty(int.MaxValue).Min();

    /// <summary>Changes when what answers changes: the tokenizer, the experts or how they are mixed.</summary>
    private static string Fingerprint(ModelTokenizer tokenizer, MeshSession session, CompletionSettings settings)
    {
        var (options, gate) = (session.Current.Options, session.Current.GateModel);
        var peers = session.Peers.Select(p => $"{p.Id}={p.Card.Name}");
        var facts = $"{tokenizer.Fingerprint}|{settings.Only}|{options.K},{options.Gate},{options.Mix},{options.EvidenceDecay},{options.EvidenceWeight},{gate?.Hash}|{string.Join('|', peers)}";
        return "fp_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(facts)).AsSpan(0, 5));
    }
}
