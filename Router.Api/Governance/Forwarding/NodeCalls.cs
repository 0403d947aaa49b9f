using System.Net.Http.Headers;
using System.Text;
using Mesh.Governance.Http;
using Mesh.Governance.Http.Hosting;
using Microsoft.Extensions.Options;

namespace Router.Api.Governance.Forwarding;

/// <summary>Tells the other nodes that this one knows of a halt or a resume, beside governance: they verify it themselves.</summary>
internal sealed class NodeCalls(IMeshNode node, IOptions<GovernanceOptions> options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = Limit });

    /// <summary>The names of those that took it, and of those that did not.</summary>
    public async Task<(IReadOnlyList<string> Reached, IReadOnlyList<string> Unreached)> TellAsync(string act, string note, CancellationToken cancellationToken)
    {
        var urls = options.Value.Urls();
        var others = (node.Configuration?.Nodes ?? []).Where(n => n.Name != node.Name).Select(n => (n.Name, Url: urls.GetValueOrDefault(n.Name) ?? (n.Url is null ? null : new Uri(n.Url))));
        var answers = await Task.WhenAll(others.Select(async n => (n.Name, Took: n.Url is not null && await PostAsync(new(n.Url, $"/chorus/{act}"), note, cancellationToken))));
        return ([.. answers.Where(a => a.Took).Select(a => a.Name)], [.. answers.Where(a => !a.Took).Select(a => a.Name)]);
    }

    public void Dispose() => _client.Dispose();

    private async Task<bool> PostAsync(Uri url, string note, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var content = new StringContent(note, Encoding.UTF8, MediaTypeHeaderValue.Parse("text/plain; charset=utf-8"));
            using var response = await _client.PostAsync(url, content, either.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
