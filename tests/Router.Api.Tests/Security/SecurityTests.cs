using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Router.Api.Security;

namespace Router.Api.Tests.Security;

public sealed class SecurityTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"mesh-keys-{Guid.NewGuid():n}");

    public void Dispose() => File.Delete(_file);

    private void Write(params string[] keys) =>
        File.WriteAllLines(_file, ["# keys of a test", .. keys.Select((k, i) => $"key-{i} {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(k)))}  # one")]);

    [Theory]
    [InlineData(null, 401, null)]
    [InlineData("Basic abc", 401, null)]
    [InlineData("Bearer wrong", 401, "invalid_api_key")]
    [InlineData("Bearer ", 401, null)]
    public async Task Without_the_right_key_nothing_opens(string? header, int status, string? code)
    {
        Write("sk-right");
        await using var router = await RouterHost.StartAsync(settings: $"--Mesh:ApiKeysFile={_file}");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        if (header is not null)
            request.Headers.TryAddWithoutValidation("Authorization", header);
        using var response = await router.Client.SendAsync(request);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
        var error = await RouterHost.ErrorAsync(response, status);
        if (code is not null)
            Assert.Equal(code, error.GetProperty("code").GetString());
    }

    [Fact]
    public async Task The_right_key_opens_and_health_needs_none()
    {
        Write("sk-other", "sk-right");
        await using var router = await RouterHost.StartAsync(settings: $"--Mesh:ApiKeysFile={_file}");
        Assert.True((await router.Client.GetAsync("/alive")).IsSuccessStatusCode);
        router.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sk-right");
        Assert.True((await router.Client.GetAsync("/v1/models")).IsSuccessStatusCode);
    }

    [Theory]
    [InlineData(200, "Authorization: Bearer sk-right"), InlineData(200, "x-api-key: sk-right"), InlineData(200, "api-key: sk-right")]
    [InlineData(200, "Authorization: Basic abc", "x-api-key: sk-right"), InlineData(200, "x-api-key: ", "api-key: sk-right")]
    [InlineData(401, "x-api-key: sk-wrong"), InlineData(401, "x-api-key: "), InlineData(401, "api-key: Bearer sk-right")]
    [InlineData(401, "Authorization: Bearer sk-wrong", "x-api-key: sk-right")]
    public async Task A_key_may_come_in_a_header_of_its_own_and_the_first_one_counts(int status, params string[] headers)
    {
        Write("sk-right");
        await using var router = await RouterHost.StartAsync(settings: $"--Mesh:ApiKeysFile={_file}");
        foreach (var path in (string[])["/v1/models", "/mesh/status"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            foreach (var header in headers)
                request.Headers.TryAddWithoutValidation(header.Split(": ")[0], header.Split(": ")[1]);
            using var response = await router.Client.SendAsync(request);
            Assert.Equal(status, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task A_key_made_by_the_command_opens_until_it_is_revoked()
    {
        using var output = new StringWriter();
        Assert.Equal(0, KeyCommand.Run(["keys", "add", "ann", "--file", _file], output, TextWriter.Null));
        Assert.Equal(0, KeyCommand.Run(["keys", "add", "bob", "--file", _file], TextWriter.Null, TextWriter.Null));
        await using var router = await RouterHost.StartAsync(settings: $"--Mesh:ApiKeysFile={_file}");
        router.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", output.ToString().Trim());
        Assert.True((await router.Client.GetAsync("/v1/models")).IsSuccessStatusCode);
        Assert.Equal(0, KeyCommand.Run(["keys", "revoke", "ann", "--file", _file], TextWriter.Null, TextWriter.Null));
        var limit = DateTime.UtcNow.AddSeconds(20);
        while ((await router.Client.GetAsync("/v1/models")).IsSuccessStatusCode)
            Assert.True(DateTime.UtcNow < limit, "The key still opens after 20 s.");
    }

    [Theory]
    [InlineData(2, "keys"), InlineData(2, "keys", "add"), InlineData(2, "keys", "shout"), InlineData(2, "keys", "list", "--file")]
    [InlineData(1, "keys", "revoke", "nobody", "--file", "no-such-file"), InlineData(1, "keys", "add", "two words", "--file", "no-such-file")]
    public void A_command_that_cannot_be_done_says_why(int code, params string[] command)
    {
        using var error = new StringWriter();
        Assert.Equal(code, KeyCommand.Run(command, TextWriter.Null, error));
        Assert.NotEmpty(error.ToString());
    }

    [Fact]
    public async Task Listening_beyond_this_machine_needs_keys()
    {
        await using (var app = RouterHost.Build(new("alpha"), new ScriptedLoop(), ["--urls=http://0.0.0.0:0"]))
        {
            var e = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync());
            Assert.Contains("Mesh:ApiKeysFile", e.Message);
        }
        Write("sk-right");
        await using (var app = RouterHost.Build(new("alpha"), new ScriptedLoop(), ["--urls=http://0.0.0.0:0", $"--Mesh:ApiKeysFile={_file}"]))
        {
            await app.StartAsync();
            await app.StopAsync();
        }
    }

    [Theory, InlineData("name-only"), InlineData("name 1234"), InlineData("# nothing")]
    public async Task A_malformed_file_of_keys_stops_the_start(string line)
    {
        File.WriteAllText(_file, line);
        await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            await using var app = RouterHost.Build(new("alpha"), new ScriptedLoop(), ["--urls=http://127.0.0.1:0", $"--Mesh:ApiKeysFile={_file}"]);
            await app.StartAsync();
        });
    }

    [Fact]
    public async Task A_page_of_another_origin_may_not_act_here()
    {
        await using var router = await RouterHost.StartAsync();
        using var foreign = new HttpRequestMessage(HttpMethod.Post, "/mesh/experts/alpha/offline");
        foreign.Headers.Add("Origin", "https://evil.example");
        Assert.Equal("foreign_origin", (await RouterHost.ErrorAsync(await router.Client.SendAsync(foreign), 403)).GetProperty("code").GetString());
        using var own = new HttpRequestMessage(HttpMethod.Post, "/mesh/experts/alpha/offline");
        own.Headers.Add("Origin", router.Address.GetLeftPart(UriPartial.Authority));
        Assert.True((await router.Client.SendAsync(own)).IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_foreign_name_for_this_machine_is_refused()
    {
        await using var router = await RouterHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Host = "rebound.example";
        Assert.Equal("foreign_host", (await RouterHost.ErrorAsync(await router.Client.SendAsync(request), 403)).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("host.docker.internal", 200), InlineData("127.0.0.1", 200), InlineData("rebound.example", 400)]
    public async Task AllowedHosts_names_what_else_may_be_called_and_nothing_beyond_it(string host, int status)
    {
        await using var router = await RouterHost.StartAsync(settings: "--AllowedHosts=127.0.0.1;host.docker.internal");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Host = $"{host}:8080";
        using var response = await router.Client.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("https://good.example", true), InlineData("https://evil.example", false)]
    public async Task A_page_of_an_allowed_origin_may_ask_and_no_other(string origin, bool allowed)
    {
        await using var router = await RouterHost.StartAsync(settings: "--Mesh:Router:AllowedOrigins:0=https://good.example");
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/v1/chat/completions")
        {
            Headers = { { "Origin", origin }, { "Access-Control-Request-Method", "POST" }, { "Access-Control-Request-Headers", "authorization, content-type, x-stainless-os" } },
        };
        using var answer = await router.Client.SendAsync(preflight);
        Assert.Equal(allowed, answer.Headers.Contains("Access-Control-Allow-Origin"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { { "Origin", origin } } };
        using var models = await router.Client.SendAsync(request);
        Assert.Equal(allowed ? 200 : 403, (int)models.StatusCode);
        Assert.Equal(allowed ? [origin] : [], models.Headers.TryGetValues("Access-Control-Allow-Origin", out var values) ? values : []);
    }

    [Theory]
    [InlineData("*"), InlineData("example.org"), InlineData("https://example.org/")]
    public async Task An_origin_that_is_none_stops_the_start(string origin) =>
        Assert.Contains("AllowedOrigins", (await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(
            () => RouterHost.StartAsync(settings: $"--Mesh:Router:AllowedOrigins:0={origin}"))).Message);

    [Fact]
    public async Task A_compressed_body_is_read_within_the_limit_of_its_content()
    {
        await using var router = await RouterHost.StartAsync(settings: "--Mesh:Router:MaxBodyBytes=4096");
        foreach (var (length, status) in new[] { (10, 200), (1 << 20, 413) })
        {
            using var packed = new MemoryStream();
            using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
                gzip.Write(System.Text.Encoding.UTF8.GetBytes($$"""{"text":"{{new string('a', length)}}"}"""));
            using var content = new ByteArrayContent(packed.ToArray()) { Headers = { ContentType = new("application/json"), ContentEncoding = { "gzip" } } };
            using var response = await router.Client.PostAsync("/v1/tokenize", content);
            Assert.Equal(status, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task Too_many_requests_a_minute_are_told_when_to_come_back()
    {
        await using var router = await RouterHost.StartAsync(settings: "--Mesh:Router:RequestsPerMinute=2");
        Assert.True((await router.Client.GetAsync("/v1/models")).IsSuccessStatusCode);
        Assert.True((await router.Client.GetAsync("/v1/models")).IsSuccessStatusCode);
        using var third = await router.Client.GetAsync("/v1/models");
        Assert.NotNull(third.Headers.RetryAfter);
        Assert.Equal("rate_limit_exceeded", (await RouterHost.ErrorAsync(third, 429)).GetProperty("code").GetString());
        Assert.True((await router.Client.GetAsync("/alive")).IsSuccessStatusCode);
    }

    [Theory]
    [InlineData("/governance/status"), InlineData("/ledger/checkpoint"), InlineData("/mesh/status")]
    public async Task What_people_govern_by_has_the_limit_too_and_a_halt_and_its_end_have_none(string path)
    {
        await using var router = await RouterHost.StartAsync(settings: "--Mesh:Router:RequestsPerMinute=2");
        foreach (var _ in Enumerable.Range(0, 2))
            Assert.NotEqual(429, (int)(await router.Client.GetAsync(path)).StatusCode);
        await RouterHost.ErrorAsync(await router.Client.GetAsync(path), 429);
        foreach (var act in new[] { "/governance/halt", "/governance/resume" })
            Assert.NotEqual(429, (int)(await router.Client.PostAsync(act, new StringContent("note"))).StatusCode);
    }

    [Fact]
    public async Task Every_answer_has_an_id()
    {
        await using var router = await RouterHost.StartAsync();
        using var good = await router.Client.GetAsync("/v1/models");
        using var bad = await router.Client.GetAsync("/v1/none");
        Assert.All([good, bad], r => Assert.StartsWith("req_", Assert.Single(r.Headers.GetValues("x-request-id"))));
    }
}
