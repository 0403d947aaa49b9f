using System.Text;
using System.Text.Json;
using Mesh.Contracts.Experts;
using Mesh.Ensemble;
using Mesh.Ensemble.Sampling;
using Microsoft.Extensions.Options;
using Router.Api.Errors;
using Router.Api.Experts;
using Router.Api.Hosting;
using Router.Api.Json;

namespace Router.Api.Generation;

/// <summary>Reads <see cref="CompletionSettings"/> from a request's body.</summary>
internal sealed class SettingsReader(IExpertDirectory experts, IOptions<RouterOptions> limits, IOptions<EnsembleOptions> ensemble)
{
    public const string Mixture = "mesh";
    private const int MaxStops = 4;
    private const int MaxStopLength = 256;
    private const double LeastTopP = 1e-6;   // OpenAI allows 0; it means the most probable token alone

    public CompletionSettings Read(in JsonFields body)
    {
        var model = body.RequiredText("model", 256);
        var stream = body.Flag("stream");
        var streamOptions = body.Object("stream_options");
        if (streamOptions is not null && !stream)
            throw ApiErrors.Invalid("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
        var mesh = body.Object("mesh");
        return new()
        {
            Model = model,
            Only = Resolve(model),
            Stream = stream,
            IncludeUsage = streamOptions?.Flag("include_usage") ?? false,
            Choices = (int)(body.Integer("n", 1, limits.Value.MaxChoices) ?? 1),
            Sampling = ReadSampling(body),
            Stops = ReadStops(body),
            MaxTokens = (int?)(body.Integer("max_completion_tokens", 1, limits.Value.MaxTokens) ?? body.Integer("max_tokens", 1, limits.Value.MaxTokens)),
            Trace = mesh?.Flag("trace") ?? false,
            Ensemble = mesh is { } overrides ? ReadEnsemble(overrides) : null,
        };
    }

    /// <summary>The expert that a model name stands for; null for the mixture.</summary>
    /// <exception cref="ApiException">404 when there is none, 503 when it cannot answer now.</exception>
    public ExpertId? Resolve(string model)
    {
        if (model == Mixture)
            return null;
        if (!ExpertId.TryParse(model, out var id) || experts.List().FirstOrDefault(e => e.Id == id) is not { } status)
            throw ApiErrors.ModelNotFound(model.Length <= 64 ? model : model[..64] + "...");
        if (experts.IsOffline(id))
            throw ApiErrors.NoExperts($"The expert '{id}' was taken offline.");
        return status.State == ExpertState.Ready
            ? id
            : throw ApiErrors.NoExperts($"The expert '{id}' is {status.State.ToString().ToLowerInvariant()}{(status.Reason is { } why ? $": {why}" : ".")}");
    }

    private static SamplingOptions ReadSampling(in JsonFields body) => new()
    {
        Temperature = (float)(body.Number("temperature", 0, 2) ?? 1),
        TopP = (float)Math.Max(body.Number("top_p", 0, 1) ?? 1, LeastTopP),
        TopK = (int)(body.Integer("top_k", 0, 1 << 20) ?? 0),
        MinP = (float)(body.Number("min_p", 0, 0.999) ?? 0),
        Seed = body.Integer("seed", long.MinValue, long.MaxValue),
    };

    private static IReadOnlyList<byte[]> ReadStops(in JsonFields body)
    {
        if (!body.TryGet("stop", out var value))
            return [];
        if (value.ValueKind == JsonValueKind.String)
            return [Stop(value, "stop")];
        if (value.ValueKind != JsonValueKind.Array)
            throw ApiErrors.WrongType("stop", "a string or an array of strings", JsonFields.Kind(value));
        return [.. body.Array("stop", MaxStops)!.Value.EnumerateArray().Select((element, i) => Stop(element, $"stop[{i}]"))];

        static byte[] Stop(JsonElement element, string path)
        {
            var text = JsonFields.TextOf(element, path);
            return text.Length is > 0 and <= MaxStopLength
                ? Encoding.UTF8.GetBytes(text)
                : throw ApiErrors.Invalid(path, $"Invalid '{path}': expected 1 to {MaxStopLength} characters, but got {text.Length} instead.");
        }
    }

    private EnsembleOptions ReadEnsemble(in JsonFields mesh)
    {
        var own = ensemble.Value;
        return own with
        {
            K = (int)(mesh.Integer("k", 1, 64) ?? own.K),
            OverSelection = (int)(mesh.Integer("over_selection", 0, 64) ?? own.OverSelection),
            Speculation = (int)(mesh.Integer("speculation", 0, 16) ?? own.Speculation),
            Gate = mesh.OneOf("gate", ("uniform", GateKind.Uniform), ("evidence", GateKind.Evidence)) ?? own.Gate,
            Mix = mesh.OneOf("mix", ("arithmetic", MixMode.Arithmetic), ("geometric", MixMode.Geometric)) ?? own.Mix,
        };
    }
}
