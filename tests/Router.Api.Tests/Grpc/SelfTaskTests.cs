using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Router.Api.Governance.Forwarding;
using Router.Api.Grpc;
using Router.Api.Tests.Governance;

namespace Router.Api.Tests.Grpc;

/// <summary>The agent behind the router, on a real port in place of the sidecar's.</summary>
public sealed class SelfTaskTests : IAsyncLifetime
{
    private readonly WebApplication _agent;
    private readonly List<string> _asked = [];
    private Func<HttpContext, Task> _answer = context => Results.Accepted(null, new { run = "r1", kind = "config_tuning", preview = "Look at the gate." }).ExecuteAsync(context);

    public SelfTaskTests()
    {
        var builder = WebApplication.CreateBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        _agent = builder.Build();
        _agent.Run(async context =>
        {
            var asked = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {await new StreamReader(context.Request.Body).ReadToEndAsync()}";
            lock (_asked)
                _asked.Add(asked);
            await _answer(context);
        });
    }

    public Task InitializeAsync() => _agent.StartAsync();

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    [Fact]
    public async Task The_agent_takes_it_and_says_how_its_prompt_begins()
    {
        await using var router = await StartAsync();
        var answer = await SubmitAsync(router);
        Assert.Equal((true, "Look at the gate."), (answer.Accepted, answer.PromptPreview));
        Assert.Equal(["POST /selfprompt/runs {\"kind\":\"config_tuning\"}"], _asked);
        _answer = context => Results.Accepted(null, new { preview = new string('x', 199) + "🙂" }).ExecuteAsync(context);
        Assert.Equal(new string('x', 199), (await SubmitAsync(router)).PromptPreview);
    }

    [Theory, InlineData(400, "no such kind"), InlineData(409, "one is running"), InlineData(503, "no lease")]
    public async Task What_the_agent_refuses_is_not_accepted_and_says_why(int status, string detail)
    {
        _answer = context => Results.Problem(detail, statusCode: status).ExecuteAsync(context);
        await using var router = await StartAsync();
        var answer = await SubmitAsync(router);
        Assert.Equal((false, detail), (answer.Accepted, answer.PromptPreview));
    }

    [Theory, InlineData("no JSON"), InlineData("[]"), InlineData("""{"errorCode":"ERR_DIRECT_INVOKE","message":"no app"}"""), InlineData(null)]
    public async Task Who_answers_nonsense_or_a_flood_has_taken_nothing(string? body)
    {
        _answer = context =>
        {
            context.Response.StatusCode = 500;
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(body ?? new string(' ', 1 << 20));
        };
        await using var router = await StartAsync();
        var answer = await SubmitAsync(router);
        Assert.False(answer.Accepted);
        Assert.InRange(answer.PromptPreview.Length, 0, 200);
    }

    [Fact]
    public async Task Without_an_agent_nothing_is_accepted_and_what_is_asked_of_it_says_so()
    {
        await _agent.StopAsync();
        await using var router = await StartAsync();
        var answer = await SubmitAsync(router);
        Assert.False(answer.Accepted);
        Assert.Contains("does not answer", answer.PromptPreview);
        Assert.Equal("selfprompt_unavailable", (await RouterHost.ErrorAsync(await router.Client.GetAsync("/selfprompt/runs"), 503)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_halted_mesh_asks_no_agent_and_neither_does_a_task_of_no_kind()
    {
        await using var router = await StartAsync();
        foreach (var kind in new[] { "", new string('x', 65) })
            Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => SubmitAsync(router, kind))).StatusCode);
        await router.Node.HaltAsync("halt", default);
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => SubmitAsync(router))).StatusCode);
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task Requests_reach_the_agent_as_they_are_and_its_answers_the_caller()
    {
        using var keys = new TemporaryKeys();
        await using var router = await StartAsync($"--Mesh:ApiKeysFile={keys.File}");
        await RouterHost.ErrorAsync(await router.Client.GetAsync("/selfprompt/runs"), 401);
        router.Client.DefaultRequestHeaders.Authorization = new("Bearer", keys.Key);
        _answer = context => context.Response.WriteAsJsonAsync(new { hasKey = context.Request.Headers.ContainsKey("Authorization") });
        Assert.False((await router.Client.GetFromJsonAsync<JsonElement>("/selfprompt/runs?open=true")).GetProperty("hasKey").GetBoolean());
        _answer = context => Results.Problem("one is running", statusCode: 409).ExecuteAsync(context);
        using var refused = await router.Client.PostAsJsonAsync("/selfprompt/runs", new { kind = "x" });
        Assert.Equal((HttpStatusCode.Conflict, "application/problem+json"), (refused.StatusCode, refused.Content.Headers.ContentType?.MediaType));
        Assert.Equal(["GET /selfprompt/runs?open=true ", "POST /selfprompt/runs {\"kind\":\"x\"}"], _asked);
    }

    private static async Task<SubmitSelfTaskResponse> SubmitAsync(RouterHost router, string kind = "config_tuning")
    {
        using var channel = GrpcChannel.ForAddress(router.GrpcAddress);
        return await new MeshLlmService.MeshLlmServiceClient(channel).SubmitSelfTaskAsync(new() { TaskType = kind });
    }

    private Task<RouterHost> StartAsync(params string[] settings)
    {
        var address = new Uri(_agent.Urls.FirstOrDefault() ?? "http://127.0.0.1:1");
        return RouterHost.StartToysAsync(builder => builder.Services.AddSingleton(new MeshApps(new HttpMessageInvoker(new ToAddress("selfprompt", address)))), ["--Mesh:GrpcPort=0", .. settings]);
    }
}
