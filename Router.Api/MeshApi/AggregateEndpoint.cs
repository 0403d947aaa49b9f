using System.Text.Json;
using Mesh.Contracts.Steps;
using Mesh.Ensemble;
using Mesh.Ensemble.Mixing;
using Router.Api.Errors;
using Router.Api.Governance.Routing;
using Router.Api.Json;
using Router.Api.OpenApi;
using Router.Api.Text;

namespace Router.Api.MeshApi;

/// <summary><c>POST /mesh/aggregate</c>: mixes given sparse distributions just as the token loop mixes those of its experts.</summary>
internal static class AggregateEndpoint
{
    private static readonly JsonEncodedText Ids = JsonEncodedText.Encode("ids"), Unlisted = JsonEncodedText.Encode("unlisted_logprob");

    public static void MapAggregate(this IEndpointRouteBuilder app) =>
        app.MapPost("/mesh/aggregate", AggregateAsync).Describe<AggregateRequest, AggregateResponse>("Mesh", "Mixes sparse distributions into one.");

    private static async Task AggregateAsync(HttpContext context, TokenizerSource tokenizers, RoutingSource routing)
    {
        Mixture mixture;
        using (var document = await RequestBody.ReadAsync(context.Request, context.RequestAborted))
        {
            var body = new JsonFields(document.RootElement);
            var mode = body.OneOf("mix", ("arithmetic", MixMode.Arithmetic), ("geometric", MixMode.Geometric)) ?? routing.Current.Control.Options.Mix;
            var size = (int)(body.Integer("vocabulary_size", 2, StepLimits.Vocabulary) ?? tokenizers.Current.VocabularySize);
            var list = body.Array("distributions", Mixture.MostExperts, minimum: 1) ?? throw ApiErrors.Missing("distributions");
            var read = list.EnumerateArray().Select((element, i) => Read(JsonFields.Of(element, $"distributions[{i}]"), size)).ToArray();
            if (read.All(d => d.Weight == 0))
                throw ApiErrors.Invalid("distributions", "Invalid 'distributions': all weights are 0.");
            mixture = new(size);
            mixture.Mix(read.Select(d => d.Answer).ToArray(), read.Select(d => d.Weight).ToArray(), mode);
        }
        await context.SendJsonAsync(json => Write(json, mixture));
    }

    private static (SparseDistribution Answer, float Weight) Read(in JsonFields fields, int vocabularySize)
    {
        var ids = TokenIds.Read(fields.Array("ids", StepLimits.Entries) ?? throw ApiErrors.Missing(fields.Path("ids")), fields.Path("ids"), vocabularySize);
        var logs = fields.Array("logprobs", StepLimits.Entries) ?? throw ApiErrors.Missing(fields.Path("logprobs"));
        if (logs.GetArrayLength() != ids.Length)
            throw ApiErrors.Invalid(fields.Path("logprobs"), $"Invalid '{fields.Path("logprobs")}': expected as many as there are ids, {ids.Length}, but got {logs.GetArrayLength()}.");
        var answer = new SparseDistribution { Tail = (float)(fields.Number("tail", 0, 1) ?? 0) };
        for (var i = 0; i < ids.Length; i++)
            answer.Add(ids[i], logs[i].ValueKind == JsonValueKind.Number
                ? (float)logs[i].GetDouble()
                : throw ApiErrors.WrongType($"{fields.Path("logprobs")}[{i}]", "a decimal", JsonFields.Kind(logs[i])));
        return AnswerCheck.Fault(answer, vocabularySize) is { } fault
            ? throw ApiErrors.Invalid(fields.Path("ids"), $"Invalid '{fields.Path("ids")}': the distribution is not well formed ({fault}).", "invalid_distribution")
            : (answer, (float)(fields.Number("weight", 0, 1e6) ?? 1));
    }

    /// <summary>Most probable first.</summary>
    private static void Write(Utf8JsonWriter json, Mixture mixture)
    {
        var ids = mixture.Ids.ToArray();
        var logs = mixture.LogProbabilities.ToArray();
        Array.Sort(logs, ids);
        json.WriteStartObject();
        json.WriteStartArray(Ids);
        for (var i = ids.Length - 1; i >= 0; i--)
            json.WriteNumberValue(ids[i]);
        json.WriteEndArray();
        json.WriteStartArray(Names.LogProbs);
        for (var i = logs.Length - 1; i >= 0; i--)
            json.WriteNumberValue(logs[i]);
        json.WriteEndArray();
        json.WriteNumber(Unlisted, mixture.UnlistedLogProbability);
        json.WriteEndObject();
    }
}
