using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Tests.Dashboard;

/// <summary>The page as a browser sees it, over real processes.</summary>
public sealed class ResourcePageTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));
    private readonly DistributedApplication _app;
    private HttpClient _browser = new();

    public ResourcePageTests()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        builder.AddExecutable("talker", "sh", Path.GetTempPath(), "-c", "echo one; echo two; exec sleep 1000", "--api-key", "hidden-argument")
            .WithHttpEndpoint().WithEnvironment("PLAIN", "shown").WithEnvironment("API_TOKEN", "hidden-value");
        _app = builder.Build();
    }

    private Uri Login => _app.Services.GetRequiredService<ResourcePage>().Login!;

    public async Task InitializeAsync()
    {
        await _app.StartAsync(_limit.Token);
        await _app.ResourceNotifications.WaitForResourceHealthyAsync("talker", _limit.Token);
        _browser = new() { BaseAddress = new(Login.GetLeftPart(UriPartial.Authority)) };
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        await _app.DisposeAsync();
        _limit.Dispose();
    }

    [Fact]
    public async Task The_address_with_the_token_opens_the_page()
    {
        using var page = await _browser.GetAsync(Login, _limit.Token);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("/", page.RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Contains("frame-ancestors 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        foreach (var asset in new[] { "/page.js", "/page.css" })
            Assert.NotEmpty(await _browser.GetStringAsync(asset, _limit.Token));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/login")]
    [InlineData("/login?t=wrong")]
    [InlineData("/api/resources")]
    [InlineData("/api/resources/talker/logs")]
    public async Task Without_the_token_nothing_is_told(string path)
    {
        using var refused = await _browser.GetAsync(path, _limit.Token);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Another_host_name_that_leads_to_loopback_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Login) { Headers = { Host = "evil.example" } };
        using var refused = await _browser.SendAsync(request, _limit.Token);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, refused.StatusCode);
    }

    [Fact]
    public async Task A_resource_is_shown_with_its_secrets_masked()
    {
        await OpenAsync();
        var row = await FirstAsync("/api/resources");
        Assert.DoesNotContain("hidden-", row, StringComparison.Ordinal);
        using var resource = JsonDocument.Parse(row);
        Assert.Equal("talker", resource.RootElement.GetProperty("name").GetString());
        Assert.Equal("Running", resource.RootElement.GetProperty("state").GetString());
        var variables = resource.RootElement.GetProperty("environment").EnumerateArray().ToDictionary(v => v.GetProperty("name").GetString()!, v => v.GetProperty("value").GetString());
        Assert.Equal("shown", variables["PLAIN"]);
        Assert.Equal(Secrets.Mask, variables["API_TOKEN"]);
        Assert.StartsWith("http://127.0.0.1:", resource.RootElement.GetProperty("endpoints")[0].GetProperty("value").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_stream_in_order()
    {
        await OpenAsync();
        var lines = new List<string>();
        await foreach (var line in EventsAsync("/api/resources/talker/logs"))
        {
            lines.Add(line);
            if (lines.Count == 2)
                break;
        }
        Assert.Equal(["one", "two"], lines);
    }

    [Fact]
    public async Task Buttons_stop_start_and_restart_and_a_foreign_page_cannot()
    {
        await OpenAsync();
        using var foreign = await _browser.PostAsync("/api/resources/talker/stop", null, _limit.Token);
        Assert.Equal(HttpStatusCode.Forbidden, foreign.StatusCode);
        _browser.DefaultRequestHeaders.Add("X-Resource-Page", "1");
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync("talker/stop"));
        await _app.ResourceNotifications.WaitForResourceAsync("talker", KnownResourceStates.Finished, _limit.Token);
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync("talker/start"));
        var first = await _app.ResourceNotifications.WaitForResourceHealthyAsync("talker", _limit.Token);
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync("talker/restart"));
        await _app.ResourceNotifications.WaitForResourceAsync("talker", e => e.Snapshot.State?.Text == KnownResourceStates.Running && Process(e) != Process(first), _limit.Token);
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync("nobody/stop"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("talker/explode"));
    }

    [Fact]
    public async Task An_open_page_does_not_hold_up_the_stop()
    {
        await OpenAsync();
        await using var rows = EventsAsync("/api/resources").GetAsyncEnumerator();
        Assert.True(await rows.MoveNextAsync());
        await _app.StopAsync(_limit.Token);
        while (await rows.MoveNextAsync())
            Assert.NotEmpty(rows.Current);
    }

    private static object? Process(ResourceEvent e) => e.Snapshot.Properties.Single(p => p.Name == "executable.pid").Value;

    private async Task OpenAsync() => (await _browser.GetAsync(Login, _limit.Token)).Dispose();

    private async Task<HttpStatusCode> PostAsync(string path)
    {
        using var answer = await _browser.PostAsync($"/api/resources/{path}", null, _limit.Token);
        return answer.StatusCode;
    }

    private async Task<string> FirstAsync(string path)
    {
        await foreach (var data in EventsAsync(path))
            return data;
        throw new InvalidOperationException("The stream ended without an event.");
    }

    private async IAsyncEnumerable<string> EventsAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var answer = await _browser.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _limit.Token);
        answer.EnsureSuccessStatusCode();
        await using var body = await answer.Content.ReadAsStreamAsync(_limit.Token);
        await foreach (var item in SseParser.Create(body).EnumerateAsync(_limit.Token))
            yield return item.Data;
    }
}
