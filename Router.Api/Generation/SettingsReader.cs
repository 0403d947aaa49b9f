using System.Globalization;
using System.Text;
using System.Text.Json;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Ensemble.Mixing;
using Mesh.Ensemble.Sampling;
using Microsoft.Extensions.Options;
using Router.Api.Errors;
using Router.Api.Experts;
using Router.Api.Governance.Routing;
using Router.Api.Hosting;
using Router.Api.Json;

namespace Router.Api.Generation;

/// <summary>Reads <see cref="CompletionSettings"/> from a request's body.</summary>
internal sealed class SettingsReader(IExpertDirectory experts, IOptions<RouterOptions> limits, RoutingSource routing)
{
    public const string MixtureName = "mesh";
    private const int MaxStops = 4;
    private const int MaxStopLength = 256;
    private const int MaxBiases = 1024;
    private const double LeastRepetitionPenalty = 0.01;
    private const double LeastTopP = 1e-6;   // OpenAI allows 0; it means the most probable token alone

    /// <summary>What chat and text completions share.</summary>
    public CompletionSettings Read(in JsonFields body, int leastTokens = 1)
    {
        var settings = ReadCommon(body);
        var stream = settings.Stream;
        var streamOptions = body.Object("stream_options");
        if (streamOptions is not null && !stream)
            throw ApiErrors.Invalid("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
        RefuseWhatWouldBeMissed(body);
        var choices = (int)(body.Integer("n", 1, limits.Value.MaxChoices) ?? 1);
        return settings with
        {
            IncludeUsage = streamOptions?.Flag("include_usage") ?? false,
            Choices = choices,
            Candidates = choices,
            Stops = ReadStops(body, "stop", MaxStops),
            MaxTokens = ReadMaxTokens(body, "max_completion_tokens") ?? ReadMaxTokens(body, "max_tokens", leastTokens),
        };
    }

    /// <summary>What every API's request may say: the model, whether to stream, how to sample, and <c>mesh</c>.</summary>
    public CompletionSettings ReadCommon(in JsonFields body)
    {
        var model = body.RequiredText("model", 256);
        var mesh = body.Object("mesh");
        return new()
        {
            Model = model,
            Only = Resolve(model),
            Stream = body.Flag("stream"),
            Sampling = ReadSampling(body),
            Trace = mesh?.Flag("trace") ?? false,
            Background = mesh?.Flag("background") ?? false,
            Ensemble = mesh is { } overrides ? ReadEnsemble(overrides) : null,
            User = body.Text("user", 512),
        };
    }

    /// <summary>The most tokens of an answer that a request may ask for, under the name its API has for it; -1 is as many as there is room for.</summary>
    public int? ReadMaxTokens(in JsonFields body, string name, int least = 1) =>
        IsNoBound(body, name) ? limits.Value.MaxTokens : (int?)body.Integer(name, least, limits.Value.MaxTokens);

    /// <summary>The expert that a model name stands for; null for the mixture.</summary>
    /// <exception cref="ApiException">404 when there is none, 503 when it cannot answer now.</exception>
    public ExpertId? Resolve(string model)
    {
        if (model == MixtureName)
            return null;
        if (!ExpertId.TryParse(model, out var id) || experts.List().FirstOrDefault(e => e.Id == id) is not { } status)
            throw ApiErrors.ModelNotFound(model.Length <= 64 ? model : model[..64] + "...");
        if (experts.IsOffline(id))
            throw ApiErrors.NoExperts($"The expert '{id}' was taken offline.");
        if (!routing.Current.Control.Experts.Admits(id))
            throw ApiErrors.NoExperts($"The expert '{id}' was quarantined or removed by people, or is only being tried.");
        return status.State == ExpertState.Ready
            ? id
            : throw ApiErrors.NoExperts($"The expert '{id}' is {status.State.ToString().ToLowerInvariant()}{(status.Reason is { } why ? $": {why}" : ".")}");
    }

    /// <summary>Fields that a client must not believe to have had an effect; those that only describe the request are read past.</summary>
    private static void RefuseWhatWouldBeMissed(in JsonFields body)
    {
        foreach (var old in (ReadOnlySpan<string>)["functions", "function_call"])
            if (body.Has(old))
                throw ApiErrors.Unsupported(old, $"Unsupported parameter: '{old}' is deprecated. Use 'tools' and 'tool_choice' instead.");
        if (body.Has("audio") || body.Array("modalities", 8)?.EnumerateArray().Any(m => JsonFields.TextOf(m, "modalities") != "text") == true)
            throw ApiErrors.Unsupported("modalities", "Unsupported value: 'modalities' may be 'text' alone.");
    }

    /// <summary>Other servers' word for "no bound", which their clients send.</summary>
    private static bool IsNoBound(in JsonFields body, string name) =>
        body.TryGet(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number == -1;

    private SamplingOptions ReadSampling(in JsonFields body) => new()
    {
        Temperature = (float)(body.Number("temperature", 0, 2) ?? 1),
        TopP = (float)Math.Max(body.Number("top_p", 0, 1) ?? 1, LeastTopP),
        TopK = IsNoBound(body, "top_k") ? 0 : (int)(body.Integer("top_k", 0, 1 << 20) ?? 0),
        // Whoever does not say which tokens to leave out does not want those that are one in a thousand: small models say nonsense with them.
        MinP = (float)(body.Number("min_p", 0, 0.999) ?? (body.Has("top_p") || body.Has("top_k") ? 0 : limits.Value.MinP)),
        Seed = body.Integer("seed", long.MinValue, long.MaxValue),
        PresencePenalty = (float)(body.Number("presence_penalty", -2, 2) ?? 0),
        FrequencyPenalty = (float)(body.Number("frequency_penalty", -2, 2) ?? 0),
        RepetitionPenalty = (float)(body.Number("repetition_penalty", LeastRepetitionPenalty, 10) ?? 1),
        LogitBias = ReadBias(body),
    };

    /// <summary>Token ids are property names, as OpenAI has them; those outside the vocabulary are refused once it is known.</summary>
    private static Dictionary<int, float>? ReadBias(in JsonFields body)
    {
        if (body.Object("logit_bias") is not { } bias)
            return null;
        var read = new Dictionary<int, float>();
        foreach (var name in bias.PropertyNames(MaxBiases))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var token))
                throw ApiErrors.Invalid("logit_bias", "Invalid key in 'logit_bias': expected token ids as property names.");
            if (bias.Number(name, -100, 100) is { } value)
                read[token] = (float)value;
        }
        return read.Count > 0 ? read : null;
    }

    /// <summary>A string or an array of them, as UTF-8.</summary>
    public static IReadOnlyList<byte[]> ReadStops(in JsonFields body, string name, int most)
    {
        if (!body.TryGet(name, out var value))
            return [];
        if (value.ValueKind == JsonValueKind.String)
            return [Stop(value, name)];
        if (value.ValueKind != JsonValueKind.Array)
            throw ApiErrors.WrongType(name, "a string or an array of strings", JsonFields.Kind(value));
        return [.. body.Array(name, most)!.Value.EnumerateArray().Select((element, i) => Stop(element, $"{name}[{i}]"))];

        static byte[] Stop(JsonElement element, string path)
        {
            var text = JsonFields.TextOf(element, path);
            return text.Length is > 0 and <= MaxStopLength
                ? Encoding.UTF8.GetBytes(text)
                : throw ApiErrors.Invalid(path, $"Invalid '{path}': expected 1 to {MaxStopLength} characters, but got {text.Length} instead.");
        }
    }

    /// <summary>The settings that the request names instead of the mesh's.</summary>
    public EnsembleOverrides ReadEnsemble(in JsonFields mesh)
    {
        var gate = ReadGate(mesh);
        return new()
        {
            Settings = new()
            {
                K = (int?)mesh.Integer("k", 1, Mixture.MostExperts),
                OverSelection = (int?)mesh.Integer("over_selection", 0, Mixture.MostExperts),
                Gate = mesh.Name("gate", "uniform", "evidence", "learned") ?? (gate is null ? null : "learned"),
                Mix = mesh.Name("mix", "arithmetic", "geometric"),
                EvidenceDecay = mesh.Number("evidence_decay", 0, Math.BitDecrement(1.0)),
                EvidenceWeight = mesh.Number("evidence_weight", 0, 1e6),
                DeadlineFactor = mesh.Number("deadline_factor", Math.BitIncrement(1.0), 1e6),
                MinimumDeadlineMs = mesh.Number("minimum_deadline_ms", 0.001, 86_400_000),
                NegligibleWeight = mesh.Number("negligible_weight", 0, 1),
                Hysteresis = mesh.Number("hysteresis", 0, 1e6),
                RefreshInterval = (int?)mesh.Integer("refresh_interval", 0, int.MaxValue),
                Speculation = (int?)mesh.Integer("speculation", 0, StepLimits.Drafts),
            },
            SlideAnchor = (int?)mesh.Integer("slide_anchor", 0, StepLimits.Tokens),
            Experts = ReadExperts(mesh),
            GateHash = gate,
        };
    }

    private static string? ReadGate(in JsonFields mesh)
    {
        if (mesh.Text("gate_hash", 64) is not { } hash)
            return null;
        if (!GateArtifacts.IsHash(hash))
            throw ApiErrors.Invalid(mesh.Path("gate_hash"), $"Invalid '{mesh.Path("gate_hash")}': expected the SHA-256 of a gate file that governance keeps, 64 lower hex digits.");
        return mesh.Text("gate") is null or "learned" ? hash : throw ApiErrors.Invalid(mesh.Path("gate"), $"Invalid '{mesh.Path("gate")}': a trained gate, '{mesh.Path("gate_hash")}', is used by 'learned' alone.");
    }

    /// <summary>Those that may answer, of the ones that can.</summary>
    private IReadOnlyList<ExpertId>? ReadExperts(JsonFields mesh) =>
        mesh.Array("experts", Mixture.MostExperts, minimum: 1)?.EnumerateArray().Select((name, i) => Named(JsonFields.TextOf(name, mesh.Path($"experts[{i}]")), mesh.Path($"experts[{i}]"))).ToList();

    private ExpertId Named(string name, string path)
    {
        try
        {
            return Resolve(name) ?? throw ApiErrors.Invalid(path, $"Invalid '{path}': '{MixtureName}' is all of them. Name experts, or leave 'experts' out.");
        }
        catch (ApiException unknown) when (unknown.Status == StatusCodes.Status404NotFound)
        {
            throw ApiErrors.Invalid(path, $"Invalid '{path}': there is no expert '{(name.Length <= 64 ? name : name[..64] + "...")}'. GET /mesh/experts lists them.", "expert_not_found");
        }
    }
}
