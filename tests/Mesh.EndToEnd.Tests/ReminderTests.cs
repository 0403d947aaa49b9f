using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.Channels;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using CommunityToolkit.Aspire.Hosting.Dapr;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Mesh.EndToEnd.Tests;

/// <summary>A reminder that was set in one run of AppHost ticks in the next one, on the same data.</summary>
public sealed class ReminderTests : IAsyncLifetime
{
    private const string Reminder = "/v1.0/actors/Clock/tower/reminders/strike";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);
    private readonly string _data = Directory.CreateTempSubdirectory("mesh-reminder-").FullName;
    private readonly Channel<string> _ticks = Channel.CreateUnbounded<string>();
    private WebApplication _clock = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        _clock = builder.Build();
        _clock.MapGet("/dapr/config", () => TypedResults.Content("""{"entities":["Clock"]}""", "application/json"));
        _clock.MapPut("/actors/Clock/tower/method/remind/strike", async (HttpRequest request) =>
        {
            using var tick = await JsonDocument.ParseAsync(request.Body);
            await _ticks.Writer.WriteAsync(tick.RootElement.GetProperty("data").ToString());
        });
        _clock.MapDelete("/actors/Clock/tower", () => { });
        _clock.MapGet("/{path}", () => { }); // its health, and that it subscribes to nothing
        await _clock.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _clock.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [SkippableTheory, InlineData("embedded", "dapr", "clock-http"), InlineData("daprd", "clock-dapr-cli", "http")]
    public async Task A_reminder_outlives_AppHost(string sidecar, string resource, string endpoint)
    {
        Skip.If(sidecar == "daprd" && RealDapr.Missing is not null, RealDapr.Missing);
        await RunAsync(sidecar, async app =>
        {
            using var dapr = app.CreateHttpClient(resource, endpoint);
            await MeshFixture.Eventually(async () =>
            {
                using var response = await dapr.PutAsJsonAsync(Reminder, new { dueTime = "100ms", period = "1s", data = "bong" });
                return response.IsSuccessStatusCode;
            }, "the reminder is set", Limit);
            await TickAsync();
        });
        // What came while the first run was stopping.
        while (_ticks.Reader.TryRead(out _)) { }
        await RunAsync(sidecar, async app =>
        {
            await TickAsync();
            using var dapr = app.CreateHttpClient(resource, endpoint);
            using var response = await dapr.DeleteAsync(Reminder);
            Assert.True(response.IsSuccessStatusCode);
        });
    }

    private async Task TickAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        Assert.Contains("bong", await _ticks.Reader.ReadAsync(limit.Token));
    }

    private async Task RunAsync(string sidecar, Func<DistributedApplication, Task> run)
    {
        using var limit = new CancellationTokenSource(Limit);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>([$"--Mesh:Data={_data}", $"--Mesh:Sidecar={sidecar}", $"--Mesh:Port={MeshFixture.FreePort()}", "--Mesh:SelfPrompt:Interval=00:00:00"], limit.Token);
        builder.WithoutTelemetry();
        builder.AddResource(new Clock()).WithDaprSidecar(new DaprSidecarOptions { AppId = "clock", AppPort = new Uri(_clock.Urls.First()).Port });
        await using var app = await builder.BuildAsync(limit.Token);
        await app.StartAsync(limit.Token);
        try
        {
            await run(app);
        }
        finally
        {
            await app.StopAsync();
        }
    }

    /// <summary>An app that AppHost does not start: it is this process.</summary>
    private sealed class Clock() : Resource("clock");
}
