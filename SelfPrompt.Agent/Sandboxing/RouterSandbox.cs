using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Policy;

namespace SelfPrompt.Agent.Sandboxing;

/// <summary>The sandbox is the running mesh, asked as background work with settings of its own: nothing of it reaches a user, and users come first.</summary>
internal sealed class RouterSandbox(MeshClient mesh, ToolGate gate) : ISandbox
{
    private const string Surplus = "surplus";   // it came, and others were enough
    private const int CharactersPerToken = 2;   // fewer than any tokenizer here makes of plain text, so that budgets are kept

    private const string NoExperts = "no_experts";

    public Task<double[]> ScoreAsync(string text, JsonElement? settings, string? expert, CancellationToken cancellationToken) =>
        gate.CallAsync(ToolTable.ScoreText, new { text, settings, expert }, text.Length / CharactersPerToken + 1, async stop =>
        {
            // An expert that is away may stay so: it is left out, not waited for.
            if (await AnswerAsync("v1/completions", new { model = expert ?? "mesh", prompt = text, echo = true, max_tokens = 0, logprobs = 0, mesh = Mesh(settings) }, expert is not null, stop) is not { } answer)
                return [];
            return answer.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray()
                .Where(s => s.ValueKind == JsonValueKind.Number).Select(s => s.GetDouble()).ToArray();
        }, cancellationToken);

    public Task<SandboxTokens> TokenizeAsync(string text, CancellationToken cancellationToken) =>
        gate.CallAsync(ToolTable.ReadMesh, new { text }, 0, async stop =>
        {
            if (await AnswerAsync("v1/tokenize", new { text, add_special = true }, false, stop) is not { } answer)
                return new SandboxTokens([], "", 0);
            var model = (await mesh.GetAsync("mesh/experts", stop)).GetProperty("experts").EnumerateArray().Select(e => e.GetProperty("model")).First(m => m.ValueKind == JsonValueKind.Object);
            return new SandboxTokens(
                [.. answer.GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32())], model.GetProperty("tokenizer_fingerprint").GetString()!, model.GetProperty("vocabulary_size").GetInt32());
        }, cancellationToken);

    public Task<SandboxAnswer?> AskAsync(string prompt, int mostTokens, long seed, JsonElement? settings, CancellationToken cancellationToken) =>
        gate.CallAsync(ToolTable.AskMesh, new { prompt, mostTokens, seed, settings }, prompt.Length / CharactersPerToken + mostTokens, async stop =>
        {
            var request = new { model = "mesh", messages = new[] { new { role = "user", content = prompt } }, max_tokens = mostTokens, seed, mesh = Mesh(settings, trace: true) };
            if (await AnswerAsync("v1/chat/completions", request, false, stop) is not { } answer)
                return null;
            var choice = answer.GetProperty("choices")[0];
            var tokens = choice.GetProperty("mesh").GetProperty("tokens").EnumerateArray().ToArray();
            var scores = tokens.Select(t => t.GetProperty("logprob")).Where(s => s.ValueKind == JsonValueKind.Number).Select(s => s.GetDouble()).DefaultIfEmpty().ToArray();
            var votes = tokens.SelectMany(t => t.TryGetProperty("votes", out var cast) ? cast.EnumerateArray().ToArray() : []).ToArray();
            return (SandboxAnswer?)new SandboxAnswer(
                choice.GetProperty("message").GetProperty("content").GetString() ?? "", scores.Average(),
                [.. tokens.Select(t => t.TryGetProperty("milliseconds", out var milliseconds) ? milliseconds.GetDouble() : 0)],
                votes.Length, votes.Count(v => v.GetProperty("dropped").GetString() is not (null or Surplus)));
        }, cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken) => gate.CallAsync(ToolTable.ReadMesh, new { check = "standing" }, 0, _ => Task.FromResult(true), cancellationToken);

    public Task<string> KeepAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        gate.CallAsync(ToolTable.KeepArtifact, new { bytes = bytes.Length }, 0, stop => mesh.PutArtifactAsync(bytes, stop), cancellationToken);

    public Task<byte[]?> FindAsync(string hash, CancellationToken cancellationToken) =>
        gate.CallAsync(ToolTable.ReadArtifact, new { hash }, 0, stop => mesh.FindArtifactAsync(hash, stop), cancellationToken);

    /// <summary>Null when the request itself is what the router refuses: a text from outside may be more than it reads, which no repetition changes. A refused key is a fault of the whole run.</summary>
    private async Task<JsonElement?> AnswerAsync(string path, object request, bool isOfOneExpert, CancellationToken cancellationToken)
    {
        try
        {
            return await mesh.PostAsync(path, request, cancellationToken, isOfOneExpert ? NoExperts : null);
        }
        catch (MeshAnswerException refused) when ((refused.IsFinal && refused.Status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)) || (isOfOneExpert && refused.Code == NoExperts))
        {
            return null;
        }
    }

    private static JsonObject Mesh(JsonElement? settings, bool trace = false)
    {
        var mesh = settings is { ValueKind: JsonValueKind.Object } given ? JsonObject.Create(given)! : [];
        mesh["background"] = true;
        if (trace)
            mesh["trace"] = true;
        return mesh;
    }
}
