using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Router.Api.Governance.Forwarding;
using Router.Api.Governance.Routing;

namespace Router.Api.Tests.Governance;

/// <summary>Governance behind the router, on a real port in place of the sidecar's.</summary>
public sealed class ForwardingTests : IAsyncLifetime
{
    private readonly WebApplication _governance;
    private readonly List<string> _acts = [];
    private Func<HttpContext, Task>? _answer;

    public ForwardingTests()
    {
        var builder = WebApplication.CreateBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        _governance = builder.Build();
        _governance.Run(async context =>
        {
            if (context.Request.Method == "POST")
            {
                var act = $"{context.Request.Path} {await new StreamReader(context.Request.Body).ReadToEndAsync()}";
                lock (_acts)
                    _acts.Add(act);
            }
            if (_answer is not null)
                await _answer(context);
            else
                await context.Response.WriteAsJsonAsync(new { path = context.Request.Path.Value, query = context.Request.QueryString.Value, keys = context.Request.Headers.ContainsKey("x-api-key") });
        });
    }

    public Task InitializeAsync() => _governance.StartAsync();

    public async Task DisposeAsync() => await _governance.DisposeAsync();

    [Fact]
    public async Task Requests_reach_governance_as_they_are_and_its_answers_the_caller()
    {
        await using var router = await StartAsync();
        var answer = await router.Client.GetFromJsonAsync<JsonElement>("/governance/proposals?status=open&waiting_for=ada");
        Assert.Equal(("/governance/proposals", "?status=open&waiting_for=ada"), (answer.GetProperty("path").GetString(), answer.GetProperty("query").GetString()));
        Assert.Equal("/ledger/tile/0/x001/067", (await router.Client.GetFromJsonAsync<JsonElement>("/ledger/tile/0/x001/067")).GetProperty("path").GetString());
        await router.Client.PostAsync("/governance/proposals", new StringContent("mesh-proposal/v1\n{}", Encoding.UTF8, "text/plain"));
        Assert.Equal(["/governance/proposals mesh-proposal/v1\n{}"], _acts);
        _answer = context =>
        {
            context.Response.StatusCode = 403;
            context.Response.ContentType = "application/problem+json";
            return context.Response.WriteAsync("""{"title":"no","code":"wrong_role"}""");
        };
        using var refused = await router.Client.PostAsync("/governance/proposals/abc/votes", new StringContent("x"));
        Assert.Equal((HttpStatusCode.Forbidden, "application/problem+json", """{"title":"no","code":"wrong_role"}"""), (refused.StatusCode, refused.Content.Headers.ContentType?.MediaType, await refused.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task An_answer_comes_as_it_is_written()
    {
        var go = new TaskCompletionSource();
        _answer = async context =>
        {
            await context.Response.WriteAsync("first ");
            await context.Response.Body.FlushAsync();
            await go.Task;
            await context.Response.WriteAsync("second");
        };
        await using var router = await StartAsync();
        using var response = await router.Client.GetAsync("/governance/status", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var first = new char[6];
        await reader.ReadBlockAsync(first);
        Assert.Equal("first ", new(first));
        go.SetResult();
        Assert.Equal("second", await reader.ReadToEndAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Without_governance_the_caller_is_told_so(bool sidecar)
    {
        _answer = context =>
        {
            context.Response.StatusCode = 500;
            return context.Response.WriteAsJsonAsync(new { errorCode = "ERR_DIRECT_INVOKE", message = "no app" });
        };
        if (!sidecar)
            await _governance.StopAsync();
        await using var router = await StartAsync();
        foreach (var path in new[] { "/governance/status", "/ledger/checkpoint" })
            Assert.Equal("governance_unavailable", (await RouterHost.ErrorAsync(await router.Client.GetAsync(path), 503)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_body_has_a_bound_and_keys_stay_here()
    {
        await using var router = await StartAsync();
        router.Client.DefaultRequestHeaders.Add("x-api-key", "secret");
        Assert.False((await router.Client.GetFromJsonAsync<JsonElement>("/governance/status")).GetProperty("keys").GetBoolean());
        await RouterHost.ErrorAsync(await router.Client.PutAsync("/governance/artifacts", new ByteArrayContent(new byte[2 << 20])), 413);
        await RouterHost.ErrorAsync(await router.Client.PostAsync("/governance/halt", new ByteArrayContent(new byte[(64 << 10) + 1])), 413);
    }

    [Fact]
    public async Task Keys_are_asked_for_as_everywhere_but_not_of_nodes()
    {
        using var keys = new TemporaryKeys();
        await using var router = await StartAsync($"--Mesh:ApiKeysFile={keys.File}");
        foreach (var path in new[] { "/governance/status", "/ledger/checkpoint" })
            await RouterHost.ErrorAsync(await router.Client.GetAsync(path), 401);
        Assert.NotEqual(HttpStatusCode.Unauthorized, (await router.Client.GetAsync("/chorus/node")).StatusCode);
    }

    [Fact]
    public async Task A_halt_is_in_force_here_before_governance_hears_of_it()
    {
        await using var router = await StartAsync();
        var halted = false;
        _answer = context =>
        {
            halted = router.Node.IsHalted;
            return context.Response.WriteAsJsonAsync(new { governance = "took it" });
        };
        using var answer = await router.Client.PostAsync("/governance/halt", new StringContent("stop", Encoding.UTF8, "text/plain"));
        Assert.Equal("""{"governance":"took it"}""", await answer.Content.ReadAsStringAsync());
        Assert.True(halted);
        Assert.Equal(["/governance/halt stop"], _acts);
    }

    [Fact]
    public async Task Nothing_goes_on_before_governance_says_so()
    {
        await using var router = await StartAsync();
        await router.Node.HaltAsync("stop", default);
        _answer = context =>
        {
            context.Response.StatusCode = 409;
            return context.Response.WriteAsJsonAsync(new { code = "too_early" });
        };
        using var early = await router.Client.PostAsync("/governance/resume", new StringContent("go on", Encoding.UTF8, "text/plain"));
        Assert.Equal(HttpStatusCode.Conflict, early.StatusCode);
        Assert.Equal(["/governance/resume go on"], _acts);
        await _governance.StopAsync();
        Assert.Equal("governance_unavailable", (await RouterHost.ErrorAsync(await router.Client.PostAsync("/governance/resume", new StringContent("go on")), 503)).GetProperty("code").GetString());
        Assert.True(router.Node.IsHalted);
    }

    [Fact]
    public async Task Without_governance_a_halt_is_in_force_where_it_was_heard()
    {
        await _governance.StopAsync();
        await using var router = await StartAsync();
        using var answer = await router.Client.PostAsync("/governance/halt", new StringContent("stop", Encoding.UTF8, "text/plain"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("unavailable", true, "stop", "router-1"), (body.GetProperty("governance").GetString(), body.GetProperty("halted").GetBoolean(), body.GetProperty("halts")[0].GetString(), body.GetProperty("reached")[0].GetString()));
        Assert.True(router.Node.IsHalted);
        Assert.Equal("wrong_signature", (await RouterHost.ErrorAsync(await router.Client.PostAsync("/governance/halt", new StringContent("refuse")), 403)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Other_nodes_are_told_of_a_halt_by_the_router_itself()
    {
        await using var router = await StartAsync($"--Mesh:Governance:NodeUrls=worker-1={_governance.Urls.First()};worker-2=http://127.0.0.1:1");
        var key = "worker+00000000+Bw";
        await router.GovernAsync(Configurations.Of(1) with { Nodes = [new("worker-1", key, Mesh.Governance.Members.NodeKind.Worker), new("worker-2", key, Mesh.Governance.Members.NodeKind.Worker), new("router-1", key, Mesh.Governance.Members.NodeKind.Router)] });
        _answer = context =>
        {
            context.Response.StatusCode = context.Request.Path == "/governance/halt" ? 503 : 200;
            return context.Response.WriteAsJsonAsync(new { node = "worker-1", halted = true, halts = Array.Empty<string>(), acknowledged = 1 });
        };
        using var answer = await router.Client.PostAsync("/governance/halt", new StringContent("stop", Encoding.UTF8, "text/plain"));
        Assert.Contains("/chorus/halt stop", _acts);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(["router-1", "worker-1"], body.GetProperty("reached").EnumerateArray().Select(n => n.GetString()));
        Assert.Equal(["worker-2"], body.GetProperty("unreached").EnumerateArray().Select(n => n.GetString()));
    }

    [Fact]
    public async Task A_halt_that_this_router_has_no_disk_for_is_told_to_all_and_then_the_trouble()
    {
        await using var router = await StartAsync($"--Mesh:Governance:NodeUrls=worker-1={_governance.Urls.First()}");
        await router.GovernAsync(Configurations.Of(1) with { Nodes = [new("worker-1", "worker+00000000+Bw", Mesh.Governance.Members.NodeKind.Worker)] });
        router.Node.HasDisk = false;
        var trouble = await Assert.ThrowsAsync<Mesh.Governance.Http.NodeRefusedException>(() => router.Services.GetRequiredService<MeshHalt>().HaltAsync("stop", default));
        Assert.True(trouble.IsOwnTrouble && router.Node.IsHalted);
        Assert.Equal(["/chorus/halt stop", "/governance/halt stop"], _acts.Distinct().Order());
    }

    [Fact]
    public async Task A_halt_that_came_another_way_is_told_to_the_others_once()
    {
        await using var router = await StartAsync($"--Mesh:Governance:NodeUrls=worker-1={_governance.Urls.First()}");
        await router.GovernAsync(Configurations.Of(1) with { Nodes = [new("worker-1", "worker+00000000+Bw", Mesh.Governance.Members.NodeKind.Worker)] });
        router.Node.ShowsActs = true;
        await router.Node.HaltAsync("one", default);
        await router.Node.HaltAsync("two", default);
        for (var n = 0; n < 600 && _acts.Count < 2; n++)
            await Task.Delay(100);
        Assert.Equal(["/chorus/halt one", "/chorus/halt two"], _acts);
    }

    [Fact]
    public async Task Artifacts_are_fetched_the_same_way()
    {
        var bytes = Encoding.UTF8.GetBytes("artifact");
        _answer = context => context.Request.Path == "/governance/artifacts/there" ? context.Response.Body.WriteAsync(bytes).AsTask() : context.Request.Path == "/governance/artifacts/large" ? context.Response.Body.WriteAsync(new byte[2 << 20]).AsTask() : Task.Run(() => context.Response.StatusCode = 404);
        await using var router = await StartAsync();
        var source = router.Services.GetRequiredService<IArtifactSource>();
        Assert.Equal(bytes, await source.FetchAsync("there", default));
        await Assert.ThrowsAsync<ArtifactUnavailableException>(() => source.FetchAsync("absent", default));
        await Assert.ThrowsAsync<ArtifactUnavailableException>(() => source.FetchAsync("large", default));
    }

    private Task<RouterHost> StartAsync(params string[] settings)
    {
        var address = new Uri(_governance.Urls.FirstOrDefault() ?? "http://127.0.0.1:1");
        return RouterHost.StartToysAsync(builder => builder.Services.AddSingleton(new MeshApps(new HttpMessageInvoker(new ToAddress("governance", address)))), settings);
    }
}
