using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Governance.Workflows.Nodes;
using Mesh.Governance.Canaries;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;

namespace Governance.Workflows.Evaluation;

/// <summary>Perplexity of short texts through a router, paired: each with the settings of now, and with those that are asked about.</summary>
internal sealed class RoutingEvaluation(MeshNodes nodes, IHttpClientFactory clients, TimeProvider time)
{
    private const double Z = 1.96;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly string[] Texts =
    [
        "What is 12 + 30? 12 + 30 = 42", "What is 50 - 8? 50 - 8 = 42", "river: a large natural stream of water flowing to the sea.", "bread: a food made of flour and water, baked.",
        "In the beginning was the word, and the word was with the people.", "And he said unto them, go into the city and find the man.",
        "ls lists the files of a directory; with -l it shows their sizes.", "grep prints the lines of a file that match a pattern.",
        "Shall I compare thee to a summer's day? Thou art more lovely.", "The ship sailed from the harbour before the sun was up.",
    ];

    /// <exception cref="HttpRequestException">No router answers.</exception>
    public async Task<string> MeasureAsync(EvaluateRouting operation, CancellationToken cancellationToken)
    {
        var router = nodes.Router ?? throw new HttpRequestException("There is no router to ask.");
        var (now, then, difference, tokens) = (0.0, 0.0, default(Moments), 0);
        foreach (var text in Texts)
        {
            var (a, b) = (await ScoreAsync(router, text, null, cancellationToken), await ScoreAsync(router, text, operation.Ensemble, cancellationToken));
            (now, then, tokens) = (now + a.Sum, then + b.Sum, tokens + a.Tokens);
            difference = difference.With((b.Sum - a.Sum) / Math.Max(1, a.Tokens));
        }
        var half = Z * Math.Sqrt(difference.Variance / difference.Count);
        return string.Create(CultureInfo.InvariantCulture,
            $"Perplexity {Math.Exp(-now / tokens):0.##} now, {Math.Exp(-then / tokens):0.##} with it; {difference.Mean:+0.000;-0.000} nats a token ({difference.Mean - half:+0.000;-0.000} to {difference.Mean + half:+0.000;-0.000}, 95 %, {Texts.Length} texts).");
    }

    private async Task<(double Sum, int Tokens)> ScoreAsync(Uri router, string text, EnsembleSettings? settings, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["model"] = "mesh", ["prompt"] = text, ["echo"] = true, ["max_tokens"] = 0, ["logprobs"] = 0 };
        if (settings is not null)
            body["mesh"] = Overrides(settings);
        using var deadline = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        using var answer = await clients.CreateClient(MeshNodes.Routers).PostAsJsonAsync(new Uri(router, "v1/completions"), body, either.Token);
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>(either.Token);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"The router refused: {json}");
        var scores = json.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray().Where(s => s.ValueKind == JsonValueKind.Number).Select(s => s.GetDouble()).ToArray();
        return (scores.Sum(), scores.Length);
    }

    private static JsonObject Overrides(EnsembleSettings settings)
    {
        var mesh = new JsonObject();
        if (settings.K is { } k)
            mesh["k"] = k;
        if (settings.Gate is { } gate)
            mesh["gate"] = gate;
        return mesh;
    }
}
