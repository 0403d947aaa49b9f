using Mesh.Chorus.Clocks;
using Mesh.Governance.Http;
using Mesh.Governance.Http.Client;
using Mesh.Governance.Http.Hosting;
using Microsoft.Extensions.Options;

namespace Router.Api.Governance.Forwarding;

/// <summary>Tells the other nodes that this one knows of a halt, beside governance: they verify it themselves.</summary>
internal sealed class NodeCalls(IMeshNode node, IOptions<GovernanceOptions> options, TimeProvider time, LamportClock? lamport = null) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = Limit });

    public async Task<Told> HaltAsync(string note, CancellationToken cancellationToken)
    {
        var (client, urls) = (new NodeClient(_http, Limit, time, lamport), options.Value.Urls());
        var others = (node.Configuration?.Nodes ?? []).Where(n => n.Name != node.Name)
            .Select(n => (n.Name, Url: urls.GetValueOrDefault(n.Name) ?? (Uri.TryCreate(n.Url, UriKind.Absolute, out var own) ? own : null)));
        var answers = await Task.WhenAll(others.Select(async n => (n.Name, Took: n.Url is not null && await TookAsync(() => client.HaltAsync(n.Url, note, cancellationToken), cancellationToken))));
        return new([.. answers.Where(a => a.Took).Select(a => a.Name)], [.. answers.Where(a => !a.Took).Select(a => a.Name)]);
    }

    public void Dispose() => _http.Dispose();

    private static async Task<bool> TookAsync(Func<Task> tell, CancellationToken cancellationToken)
    {
        try
        {
            await tell();
            return true;
        }
        catch (Exception fault) when (fault is HttpRequestException or TimeoutException or NodeRefusedException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}

/// <summary>The names of the nodes that took a halt, and of those that did not.</summary>
internal sealed record Told(IReadOnlyList<string> Reached, IReadOnlyList<string> Unreached);
