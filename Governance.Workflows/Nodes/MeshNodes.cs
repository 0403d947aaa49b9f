using System.Text.Json;
using System.Text.Json.Nodes;
using Governance.Workflows.Hosting;
using Governance.Workflows.Ledger;
using Mesh.Chorus.Clocks;
using Mesh.Chorus.Witnesses;
using Mesh.Governance.Acts;
using Mesh.Governance.Canaries;
using Mesh.Governance.Http;
using Mesh.Governance.Http.Client;
using Mesh.Governance.Http.Configurations;
using Mesh.Governance.Http.Hosting;
using Mesh.Governance.Http.Nodes;
using Mesh.Governance.Members;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Nodes;

/// <param name="Status">Null: it did not answer in time.</param>
public sealed record NodeAnswer(string Name, NodeStatus? Status);

/// <summary>Who acknowledged an act, and who did not answer.</summary>
internal sealed record Told(IReadOnlyList<Acknowledgement> Acknowledged, IReadOnlyList<string> Unreached);

/// <summary>The nodes of this mesh, all asked at once: one that does not answer holds up nobody else.</summary>
internal sealed class MeshNodes(GovernanceLedger ledger, IHttpClientFactory clients, IOptions<GovernanceOptions> governance, IOptions<ServiceOptions> options, TimeProvider time, LamportClock? lamport = null)
{
    public const string Client = "nodes";

    /// <summary>The client for what routers answer to callers with an API key.</summary>
    public const string Routers = "routers";
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };
    private readonly IReadOnlyDictionary<string, Uri> _urls = governance.Value.Urls();

    /// <summary>The governed ones; none before genesis.</summary>
    public IReadOnlyList<MeshNode> Known => ledger.Opened.IsCompletedSuccessfully ? ledger.State.Configuration!.Nodes : [];

    /// <summary>Those that the settings name.</summary>
    public IReadOnlyCollection<string> Named => [.. _urls.Keys];

    public Uri? UrlOf(string name) => _urls.GetValueOrDefault(name) ?? (Known.FirstOrDefault(n => n.Name == name)?.Url is { } url && Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri : null);

    public Uri? Router => Known.Where(n => n.Kind == NodeKind.Router).Select(n => UrlOf(n.Name)).FirstOrDefault(u => u is not null);

    public async Task<IReadOnlyList<NodeAnswer>> StatusesAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(Known.Select(async n => new NodeAnswer(n.Name, await StatusAsync(n.Name, cancellationToken))));

    public Task<NodeStatus?> StatusAsync(string name, CancellationToken cancellationToken) => TryAsync(name, (client, url) => client.StatusAsync(url, cancellationToken), cancellationToken);

    /// <summary>What each governed router measured of a proposal that is tried.</summary>
    public async Task<IReadOnlyList<RouterReport>> CanariesAsync(string proposal, CancellationToken cancellationToken) =>
        await Task.WhenAll(Known.Where(n => n.Kind == NodeKind.Router).Select(async n => new RouterReport(n.Name, Read((await StatusAsync(n.Name, cancellationToken))?.Canary, proposal))));

    /// <summary>Null when it is about another proposal, or cannot be read.</summary>
    private static CanaryReport? Read(JsonNode? told, string proposal)
    {
        try
        {
            return told?.Deserialize<CanaryReport>(SnakeCase) is { Run: not null } report && report.Proposal == proposal ? report : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The most experts that a router has online; null: no router answers.</summary>
    public async Task<int?> ExpertsOnlineAsync(CancellationToken cancellationToken)
    {
        var counts = await Task.WhenAll(Known.Where(n => n.Kind == NodeKind.Router).Select(n => TryAsync(n.Name, async (_, url) =>
        {
            using var deadline = new CancellationTokenSource(options.Value.NodePatience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            return (int?)(await clients.CreateClient(Routers).GetFromJsonAsync<JsonElement>(new Uri(url, "mesh/status"), either.Token)).GetProperty("experts_ready").GetInt32();
        }, cancellationToken)));
        return counts.Max();
    }

    /// <returns>Null: it did not answer.</returns>
    public Task<WitnessAnswer?> AddCheckpointAsync(string name, AddCheckpoint ask, CancellationToken cancellationToken) =>
        TryAsync(name, (client, url) => client.AddCheckpointAsync(url, ask, cancellationToken), cancellationToken);

    /// <returns>What the node then says of itself; null: it did not answer.</returns>
    public Task<NodeStatus?> TellAsync(string name, HeadNews news, CancellationToken cancellationToken) => TryAsync(name, (client, url) => client.TellAsync(url, news, cancellationToken), cancellationToken);

    public async Task<bool> ConfigureAsync(string name, ConfigurationReceipt receipt, CancellationToken cancellationToken) =>
        await TryAsync(name, (client, url) => client.ConfigureAsync(url, receipt, cancellationToken), cancellationToken) is not null;

    /// <summary>The orders that a node knows; null: it did not answer.</summary>
    public Task<ActsSnapshot?> ActsAsync(string name, CancellationToken cancellationToken) => TryAsync(name, (client, url) => client.ActsAsync(url, cancellationToken), cancellationToken);

    /// <param name="names">Null: all.</param>
    public Task<Told> HaltAsync(string note, IReadOnlyCollection<string>? names, CancellationToken cancellationToken) =>
        TellAllAsync(names, (client, url) => client.HaltAsync(url, note, cancellationToken), cancellationToken);

    public Task<Told> ResumeAsync(string note, IReadOnlyCollection<string>? names, CancellationToken cancellationToken) =>
        TellAllAsync(names, (client, url) => client.ResumeAsync(url, note, cancellationToken), cancellationToken);

    private async Task<Told> TellAllAsync(IReadOnlyCollection<string>? names, Func<NodeClient, Uri, Task<Acknowledgement>> call, CancellationToken cancellationToken)
    {
        names ??= [.. Known.Select(n => n.Name).Union(_urls.Keys)];
        var answers = await Task.WhenAll(names.Select(async name => (name, answer: await TryAsync(name, call, cancellationToken))));
        return new([.. answers.Select(a => a.answer).OfType<Acknowledgement>()], [.. answers.Where(a => a.answer is null).Select(a => a.name)]);
    }

    private async Task<T?> TryAsync<T>(string name, Func<NodeClient, Uri, Task<T>> call, CancellationToken cancellationToken)
    {
        if (UrlOf(name) is not { } url)
            return default;
        try
        {
            return await call(new(clients.CreateClient(Client), options.Value.NodePatience, time, lamport), url);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested && fault is HttpRequestException or TimeoutException or OperationCanceledException or NodeRefusedException or JsonException or KeyNotFoundException)
        {
            return default;
        }
    }
}
