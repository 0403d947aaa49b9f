using System.Net;
using Mesh.Governance.Http.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Hosting;

namespace SelfPrompt.Agent.Tests;

/// <summary>A router that answers each request as a test says, by number.</summary>
internal sealed class ScriptedRouter(Func<int, HttpResponseMessage> answer) : HttpMessageHandler, IHttpClientFactory
{
    public int Requests { get; private set; }

    public MeshClient Client(TimeProvider time) => new(this, new(Options.Create(new SelfPromptOptions()), Options.Create(new GovernanceOptions()), new ConfigurationBuilder().Build(), NullLogger<AgentKeys>.Instance), time);

    public HttpClient CreateClient(string name) => new(this, disposeHandler: false) { BaseAddress = new("http://router/") };

    public static HttpResponseMessage Refusal(HttpStatusCode status, string code, int? retryAfter = null)
    {
        var refusal = new HttpResponseMessage(status) { Content = new StringContent($$$"""{"error":{"message":"No: {{{code}}}","type":"x","code":"{{{code}}}"}}""") };
        if (retryAfter is { } seconds)
            refusal.Headers.RetryAfter = new(TimeSpan.FromSeconds(seconds));
        return refusal;
    }

    public static HttpResponseMessage Ok(string json = "{}") => new(HttpStatusCode.OK) { Content = new StringContent(json) };

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(Requests++));
}
