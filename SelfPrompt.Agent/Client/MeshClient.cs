using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace SelfPrompt.Agent.Client;

/// <summary>Something of the mesh answered with an error.</summary>
/// <param name="status">Of HTTP.</param>
/// <param name="code">Of the error object or the ProblemDetails; null where it has none.</param>
public sealed class MeshAnswerException(HttpStatusCode status, string? code, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;

    public string? Code { get; } = code;

    /// <summary>When it is worth asking again, as the answer says; null: it says nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The mesh is busy or not there yet, which passes; a halt ends when people say so.</summary>
    public bool Passes => Status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable && Code != MeshClient.Halted;

    /// <summary>It is of no use to ask the same again.</summary>
    public bool IsFinal => (int)Status is >= 400 and < 500 && Status is not (HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout);
}

/// <summary>The router's API and what it passes on, as this agent's own key may ask it. Answers are bounded, every call has a deadline; what passes is asked again until a second such deadline.</summary>
internal sealed class MeshClient(IHttpClientFactory clients, AgentKeys keys, TimeProvider time)
{
    public const string Client = "mesh", Halted = "mesh_halted";
    public const int MostBytes = 8 << 20;
    private const int MostMessage = 500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), Pause = TimeSpan.FromSeconds(2);

    /// <summary>For what generates or scores: it may wait for users.</summary>
    public static TimeSpan LongPatience { get; } = TimeSpan.FromMinutes(3);

    public Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) => JsonAsync(HttpMethod.Get, path, null, Patience, cancellationToken);

    public async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) =>
        (await GetAsync(path, cancellationToken)).Deserialize<T>(AgentJson.Options) ?? throw new JsonException($"{path} answered null.");

    /// <param name="final">An error code that is not waited out.</param>
    public Task<JsonElement> PostAsync(string path, object body, CancellationToken cancellationToken, string? final = null) =>
        JsonAsync(HttpMethod.Post, path, () => JsonContent.Create(body, options: AgentJson.Options), LongPatience, cancellationToken, final);

    /// <summary>Hands a signed act in: known by its hash, so that the same one can be handed in again.</summary>
    public Task<JsonElement> PostNoteAsync(string path, string note, CancellationToken cancellationToken) =>
        JsonAsync(HttpMethod.Post, path, () => new StringContent(note, Encoding.UTF8, "text/plain"), Patience, cancellationToken);

    /// <returns>The SHA-256 that it is kept under, in hex.</returns>
    public async Task<string> PutArtifactAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        (await JsonAsync(HttpMethod.Put, "governance/artifacts", () => new ReadOnlyMemoryContent(bytes) { Headers = { ContentType = new("application/octet-stream") } }, Patience, cancellationToken))
            .GetProperty("hash").GetString()!;

    /// <returns>Null when there is none of this hash (any more).</returns>
    public async Task<byte[]?> FindArtifactAsync(string hash, CancellationToken cancellationToken)
    {
        try
        {
            return await RepeatAsync(HttpMethod.Get, $"governance/artifacts/{hash}", null, Patience, null, cancellationToken);
        }
        catch (MeshAnswerException missing) when (missing.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task<JsonElement> JsonAsync(HttpMethod method, string path, Func<HttpContent>? content, TimeSpan patience, CancellationToken cancellationToken, string? final = null) =>
        JsonElement.Parse(await RepeatAsync(method, path, content, patience, final, cancellationToken));

    /// <summary>A step is hundreds of calls: one that comes at a bad moment does not throw the others away.</summary>
    private async Task<byte[]> RepeatAsync(HttpMethod method, string path, Func<HttpContent>? content, TimeSpan patience, string? final, CancellationToken cancellationToken)
    {
        for (var begun = time.GetTimestamp(); ;)
        {
            try
            {
                return await SendAsync(method, path, content, patience, cancellationToken);
            }
            catch (MeshAnswerException busy) when (busy.Passes && (final is null || busy.Code != final) && time.GetElapsedTime(begun) + Wait(busy) <= patience)
            {
                await Task.Delay(Wait(busy), time, cancellationToken);
            }
        }

        static TimeSpan Wait(MeshAnswerException busy) => busy.RetryAfter is { } asked && asked > TimeSpan.Zero ? asked : Pause;
    }

    private async Task<byte[]> SendAsync(HttpMethod method, string path, Func<HttpContent>? content, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        using var request = new HttpRequestMessage(method, path) { Content = content?.Invoke() };
        if (keys.ApiKey is { } key)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        try
        {
            using var answer = await clients.CreateClient(Client).SendAsync(request, either.Token);
            var body = await answer.Content.ReadAsByteArrayAsync(either.Token);
            return answer.IsSuccessStatusCode ? body : throw Fault(answer, body);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"The mesh did not answer {method} /{path} within {patience.TotalSeconds:0} s.");
        }
    }

    /// <summary>Of OpenAI's error object, of a ProblemDetails, or of the text as it is.</summary>
    private MeshAnswerException Fault(HttpResponseMessage answer, byte[] body)
    {
        var (status, retry) = (answer.StatusCode, answer.Headers.RetryAfter);
        string? message = null, code = null;
        try
        {
            var json = JsonElement.Parse(body);
            var fields = json.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object ? error : json;
            (message, code) = (Text(fields, "message") ?? Text(fields, "detail"), Text(fields, "code"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Whatever it is, it is said with its status.
        }
        message ??= status.ToString();
        return new(status, code, message.Length <= MostMessage ? message : message[..MostMessage]) { RetryAfter = retry?.Delta ?? retry?.Date - time.GetUtcNow() };
    }

    private static string? Text(JsonElement fields, string name) => fields.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
