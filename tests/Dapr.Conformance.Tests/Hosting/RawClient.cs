using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Dapr.Conformance.Tests.Hosting;

public sealed record Reply(int Status, string Body, string? ContentType, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;
    public string? ErrorCode => Json.TryGetProperty("errorCode", out var code) ? code.GetString() : null;
    public string Message => Json.GetProperty("message").GetString()!;

    /// <summary>The start of daprd's error form.</summary>
    public void IsError(int status, string code, string? message = null)
    {
        Assert.True(Status == status, $"{Status} instead of {status}: {Body}");
        Assert.Equal("application/json", ContentType);
        Assert.Equal(code, ErrorCode);
        if (message is not null)
            Assert.Contains(message, Message);
    }
}

/// <summary>HTTP as it is written: paths stay unchanged.</summary>
public sealed class RawClient(string root) : IDisposable
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(60) };

    public Task<Reply> GetAsync(string path, params (string, string)[] headers) => SendAsync("GET", path, null, headers);

    public Task<Reply> DeleteAsync(string path, params (string, string)[] headers) => SendAsync("DELETE", path, null, headers);

    /// <summary>JSON, unless a Content-Type is given.</summary>
    public Task<Reply> PostAsync(string path, string? body = null, params (string, string)[] headers) => SendAsync("POST", path, body is null ? null : Encoding.UTF8.GetBytes(body), headers);

    public Task<Reply> PutAsync(string path, string body, params (string, string)[] headers) => SendAsync("PUT", path, Encoding.UTF8.GetBytes(body), headers);

    public async Task<Reply> SendAsync(string method, string path, byte[]? body, params (string Name, string Value)[] headers)
    {
        Uri.TryCreate(root + path, AsWritten, out var uri);
        using var request = new HttpRequestMessage(new(method), uri);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
        foreach (var (name, value) in headers)
            if (name == "Content-Type")
                (request.Content ??= new ByteArrayContent([])).Headers.ContentType = value.Length > 0 ? MediaTypeHeaderValue.Parse(value) : null;
            else
                Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        using var response = await _http.SendAsync(request);
        var all = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
            all[name] = string.Join(",", values);
        return new((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Content.Headers.ContentType?.MediaType, all);
    }

    public void Dispose() => _http.Dispose();
}
