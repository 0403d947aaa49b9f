using Governance.Workflows.Hosting;
using Governance.Workflows.Ledger;
using Governance.Workflows.Nodes;
using Mesh.Governance.Members;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Deployment;

/// <summary>Requests of governance's own while a change is tried, through a router as a user's would go: a mesh that nobody asks could judge no canary.</summary>
internal sealed partial class Probing(MeshNodes nodes, GovernanceLedger ledger, IHttpClientFactory clients, IOptions<ServiceOptions> options, IHostApplicationLifetime life, ILogger<Probing> log)
{
    private static readonly string[] Prompts = ["What is 17 + 25?", "Define river.", "Continue: In the beginning", "What is 30 - 4?", "How do I list files?", "Tell me of the sea."];
    private string? _probed;

    /// <summary>
    /// In the background; the canary's report says what came of it. Nothing where they are under way already. Begun at every look at the canary: those of a process that
    /// was killed ended with it, and those that came before the router had the change measured nothing.
    /// </summary>
    public void Begin(string proposal)
    {
        if (options.Value.Probes > 0 && nodes.Router is { } url && Interlocked.CompareExchange(ref _probed, proposal, null) is null)
            _ = Task.Run(() => RunAsync(proposal, url, life.ApplicationStopping));
    }

    private async Task RunAsync(string proposal, Uri router, CancellationToken cancellationToken)
    {
        try
        {
            for (var i = 0; i < options.Value.Probes && ledger.State.Configuration?.Canary?.Proposal == proposal; i++)
            {
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                deadline.CancelAfter(TimeSpan.FromSeconds(30));
                using var answer = await clients.CreateClient(MeshNodes.Routers).PostAsJsonAsync(
                    new Uri(router, "v1/chat/completions"), new { model = "mesh", max_tokens = 24, messages = new[] { new { role = "user", content = Prompts[i % Prompts.Length] } } }, deadline.Token);
                // What fails is measured by the router; what it does not take, it takes no more often.
                if ((int)answer.StatusCode is >= 400 and < 500)
                {
                    LogRefused(proposal, (int)answer.StatusCode);
                    return;
                }
            }
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
        {
            LogEnded(proposal, fault.Message);
        }
        finally
        {
            Volatile.Write(ref _probed, null);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The router refuses the probes of proposal {Proposal} with {Status}. One that asks for API keys needs Mesh:Governance:Service:ApiKeyFile.")]
    private partial void LogRefused(string proposal, int status);

    [LoggerMessage(LogLevel.Information, "The probes of proposal {Proposal} ended early: {Fault}")]
    private partial void LogEnded(string proposal, string fault);
}
