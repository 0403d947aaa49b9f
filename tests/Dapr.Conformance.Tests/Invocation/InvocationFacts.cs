#pragma warning disable CS0618 // the obsolete way is in use, and must work
using System.Text.Json;
using Dapr.Client;
using Dapr.Conformance.Tests.Hosting;

namespace Dapr.Conformance.Tests.Invocation;

public abstract class InvocationFacts(Site site) : SidecarTest(site)
{
    private const string Beta = "/v1.0/invoke/beta/method";

    [SkippableTheory, InlineData("GET"), InlineData("POST"), InlineData("PUT"), InlineData("DELETE"), InlineData("PATCH")]
    public async Task Verb_path_query_and_body_arrive_as_they_were(string verb)
    {
        var body = verb is "GET" or "DELETE" ? null : "{\"a\":1}"u8.ToArray();
        var reply = await Http.SendAsync(verb, $"{Beta}/a%2Fb//c?x=1&y=%20z", body);
        Assert.Equal(200, reply.Status);
        Assert.Equal((verb, "/a%2Fb//c?x=1&y=%20z"), (reply.Json.GetProperty("method").GetString(), reply.Json.GetProperty("target").GetString()));
        Assert.Equal(body is null ? "" : "{\"a\":1}", reply.Json.GetProperty("body").GetString());
    }

    [SkippableFact]
    public async Task Headers_pass_and_the_sidecars_say_who_calls_whom()
    {
        var reply = await Http.PostAsync($"{Beta}/x", "p", ("X-Custom", "yes"), ("Authorization", "Bearer t"), ("Content-Type", "text/plain"));
        var headers = reply.Json.GetProperty("headers");
        Assert.Equal("yes", headers.GetProperty("x-custom").GetString());
        Assert.Equal("Bearer t", headers.GetProperty("authorization").GetString());
        Assert.Equal("text/plain", headers.GetProperty("content-type").GetString());
        Assert.Equal("alpha", headers.GetProperty("dapr-caller-app-id").GetString());
        Assert.Equal("beta", headers.GetProperty("dapr-callee-app-id").GetString());
        Assert.False(headers.TryGetProperty("dapr-app-id", out _));
    }

    [SkippableTheory, InlineData(200), InlineData(201), InlineData(302), InlineData(404), InlineData(418), InlineData(500), InlineData(503)]
    public async Task The_status_of_the_app_comes_back(int status)
    {
        var reply = await Http.GetAsync($"{Beta}/status/{status}");
        Assert.Equal((status, "as the app said", "yes"), (reply.Status, reply.Body, reply.Headers["X-From-App"]));
    }

    [SkippableFact]
    public async Task A_header_names_the_app_too()
    {
        Assert.Equal("/hello?q", (await Http.GetAsync("/hello?q", ("dapr-app-id", "beta"))).Json.GetProperty("target").GetString());
        Assert.Equal("/v1.0/unknown", (await Http.GetAsync("/v1.0/unknown", ("dapr-app-id", "beta"))).Json.GetProperty("target").GetString());
        Assert.Equal("alpha", (await Http.GetAsync("/v1.0/metadata", ("dapr-app-id", "beta"))).Json.GetProperty("id").GetString());
    }

    [SkippableFact]
    public async Task Without_an_app_nothing_is_invoked()
    {
        const string message = "failed getting app id either from the URL path or the header dapr-app-id";
        foreach (var path in new[] { "/", "/v1.0/unknown", "/v1.0/invoke/beta/method", "/v1.0/state/statestore", "/v1.0/actors/Probe/1/method/a/b" })
            (await Http.GetAsync(path)).IsError(404, "ERR_DIRECT_INVOKE", message);
        (await Http.SendAsync("PATCH", "/v1.0/state/statestore/k", null)).IsError(404, "ERR_DIRECT_INVOKE", message);
    }

    [SkippableFact]
    public async Task An_unknown_app_is_a_fault() => (await Http.GetAsync("/v1.0/invoke/nobody/method/x")).IsError(500, "ERR_DIRECT_INVOKE", "failed to invoke, id: nobody, err:");

    [SkippableFact]
    public async Task Replicas_take_turns()
    {
        var ports = new HashSet<int>();
        await Eventually.HoldsAsync(async () => ports.Add((await Http.GetAsync($"{Beta}/who")).Json.GetProperty("port").GetInt32()) && ports.Count == 2, "both replicas answered");
        Assert.Equal(Site.Betas.Select(b => b.Spec.Port!.Value).Order(), ports.Order());
    }

    [SkippableFact]
    public async Task An_app_reaches_itself() => Assert.Equal("/me", (await Http.GetAsync("/v1.0/invoke/alpha/method/me")).Json.GetProperty("target").GetString());

    [SkippableFact]
    public async Task The_official_clients_invoke()
    {
        using var http = DaprClient.CreateInvokeHttpClient("beta", Site.Sidecars.Http(Site.AlphaIndex));
        Assert.Contains("/orders?x=1", await http.GetStringAsync("/orders?x=1"));
        var request = Site.Client.CreateInvokeMethodRequest(HttpMethod.Post, "beta", "orders", [], new { n = 1 });
        using var response = await Site.Client.InvokeMethodWithResponseAsync(request);
        Assert.Equal("{\"n\":1}", JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("body").GetString());
        var fault = await Assert.ThrowsAsync<InvocationException>(() => Site.Client.InvokeMethodAsync(Site.Client.CreateInvokeMethodRequest(HttpMethod.Get, "beta", "status/418")));
        Assert.Equal(418, (int)fault.Response.StatusCode);
    }

    [SkippableFact]
    public async Task Bodies_up_to_the_limit_pass_and_beyond_are_refused()
    {
        const int limit = 1 << 20;
        Assert.Equal(limit - 1024, (await Http.SendAsync("POST", $"{Beta}/x", new byte[limit - 1024])).Json.GetProperty("length").GetInt32());
        (await Http.SendAsync("POST", $"{Beta}/x", new byte[limit + 4096])).IsError(500, "ERR_DIRECT_INVOKE", "failed to invoke, id: beta");
        Assert.Equal(200, (await Http.GetAsync($"{Beta}/after")).Status);
    }
}

[Collection(EmbeddedSite.Name)]
public sealed class InvocationFactsOnEmbedded(EmbeddedSite site) : InvocationFacts(site);

[Collection(DaprdSite.Name)]
public sealed class InvocationFactsOnDaprd(DaprdSite site) : InvocationFacts(site);
