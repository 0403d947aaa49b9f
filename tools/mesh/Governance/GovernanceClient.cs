using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Governance;
using Mesh.Governance.Configurations;

namespace Mesh.Tool.Governance;

/// <summary>Governance as a router passes it on. Every call has a deadline; every fault says what to do about it.</summary>
internal sealed class GovernanceClient : IDisposable
{
    private const int MostBytes = 64 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly HttpClient _http;
    private readonly TimeProvider _clock;

    public GovernanceClient(Uri url, string? apiKey, TimeProvider clock)
    {
        _clock = clock;
        _http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5), AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = url, MaxResponseContentBufferSize = MostBytes, Timeout = Timeout.InfiniteTimeSpan,
        };
        if (apiKey is { Length: > 0 })
            _http.DefaultRequestHeaders.Authorization = new("Bearer", apiKey);
    }

    public Uri Url => _http.BaseAddress!;

    /// <param name="more">How much longer than usual the answer may take.</param>
    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken, TimeSpan more = default) =>
        Json((await SendAsync(HttpMethod.Get, path, null, more, cancellationToken))!);

    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) => Read(await GetAsync(path, cancellationToken), type);

    public async Task<string> GetTextAsync(string path, CancellationToken cancellationToken) => Encoding.UTF8.GetString(await GetBytesAsync(path, cancellationToken));

    public async Task<byte[]> GetBytesAsync(string path, CancellationToken cancellationToken) => (await SendAsync(HttpMethod.Get, path, null, default, cancellationToken))!;

    /// <returns>Null when there is no such thing.</returns>
    public Task<byte[]?> FindBytesAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, default, cancellationToken, isOptional: true);

    public Task<MeshConfiguration> ConfigurationAsync(CancellationToken cancellationToken) =>
        GetAsync("governance/configuration", GovernanceJson.Default.MeshConfiguration, cancellationToken);

    /// <summary>Hands a signed act in. An act is known by its hash, so that the same one can be handed in again.</summary>
    public async Task<JsonElement> PostNoteAsync(string path, string note, CancellationToken cancellationToken) => Json((await SendAsync(HttpMethod.Post, path, () => Note(note), default, cancellationToken))!);

    public async Task<JsonElement> PostAsync(string path, string json, CancellationToken cancellationToken) =>
        Json((await SendAsync(HttpMethod.Post, path, () => new StringContent(json, Encoding.UTF8, "application/json"), default, cancellationToken))!);

    public async Task<JsonElement> PutAsync(string path, byte[] bytes, CancellationToken cancellationToken) =>
        Json((await SendAsync(HttpMethod.Put, path, () => new ByteArrayContent(bytes) { Headers = { ContentType = new("application/octet-stream") } }, default, cancellationToken))!);

    public static HttpContent Note(string note) => new StringContent(note, Encoding.UTF8, MediaTypeHeaderValue.Parse("text/plain; charset=utf-8"));

    /// <exception cref="ToolException">It is not what this version understands.</exception>
    public T Read<T>(JsonElement json, JsonTypeInfo<T> type)
    {
        try
        {
            return json.Deserialize(type) ?? throw new JsonException("It is null.");
        }
        catch (Exception fault) when (fault is JsonException or NotSupportedException)
        {
            throw Foreign(fault.Message);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<byte[]?> SendAsync(HttpMethod method, string path, Func<HttpContent>? content, TimeSpan more, CancellationToken cancellationToken, bool isOptional = false)
    {
        using var deadline = new CancellationTokenSource(Patience + more, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = content?.Invoke() };
            using var response = await _http.SendAsync(request, either.Token);
            var body = await response.Content.ReadAsByteArrayAsync(either.Token);
            if (isOptional && response.StatusCode == HttpStatusCode.NotFound)
                return null;
            return response.IsSuccessStatusCode ? body : throw Problem.Of(response.StatusCode, body, Url);
        }
        catch (HttpRequestException fault)
        {
            throw new ToolException(ExitCode.Unreachable, $"Nothing that could answer is at {Url}: {fault.Message} Is the mesh up? --url or MESH_URL says where it is.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ToolException(ExitCode.TimedOut, $"{Url} did not answer within {(Patience + more).TotalSeconds:0} s. What was sent may count; asking the same again does no harm.");
        }
    }

    private JsonElement Json(byte[] body)
    {
        try
        {
            return JsonElement.Parse(body);
        }
        catch (JsonException fault)
        {
            throw Foreign(fault.Message);
        }
    }

    private ToolException Foreign(string why) => new(ExitCode.Unreachable, $"What answers at {Url} is no governance of a mesh, or one of another version: {why}");
}
