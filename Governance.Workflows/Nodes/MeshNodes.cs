using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Governance.Workflows.Hosting;
using Governance.Workflows.Ledger;
using Mesh.Chorus.Witnesses;
using Mesh.Governance.Canaries;
using Mesh.Governance.Http;
using Mesh.Governance.Http.Hosting;
using Mesh.Governance.Members;
using Mesh.Ledger.Signing;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Nodes;

/// <summary>What a node says of itself (<c>GET /chorus/node</c>).</summary>
/// <param name="Key">Its verifier key as a witness.</param>
/// <param name="Configuration">The version that it runs; 0 before it has one.</param>
public sealed record NodeStatus(
    string Name, string Key, NodeKind Kind, string? Mesh, string Lease, double LeaseRemainingMs, long Configuration, bool Halted, IReadOnlyList<string> Halts, long WitnessSize, CanaryReport? Canary = null);

/// <param name="Status">Null: it did not answer in time.</param>
public sealed record NodeAnswer(string Name, NodeStatus? Status);

/// <summary>The nodes of this mesh, by HTTP. Every call has a deadline; one that does not answer holds up nobody else.</summary>
internal sealed class MeshNodes(GovernanceLedger ledger, IHttpClientFactory clients, IOptions<GovernanceOptions> governance, IOptions<ServiceOptions> options, TimeProvider time)
{
    public const string Client = "nodes";
    private const int MostAnswerBytes = 1 << 20;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new Mesh.Governance.SnakeCaseEnum<NodeKind>() },
    };
    private readonly IReadOnlyDictionary<string, Uri> _urls = governance.Value.Urls();

    /// <summary>The governed ones; before genesis those that the settings name.</summary>
    public IReadOnlyList<MeshNode> Known => ledger.Opened.IsCompleted ? ledger.State.Configuration!.Nodes : [];

    public IReadOnlyCollection<string> Named => [.. _urls.Keys];

    public Uri? UrlOf(string name) => _urls.GetValueOrDefault(name) ?? (Known.FirstOrDefault(n => n.Name == name)?.Url is { } url && Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri : null);

    public async Task<IReadOnlyList<NodeAnswer>> StatusesAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(Known.Select(async n => new NodeAnswer(n.Name, await StatusAsync(n.Name, cancellationToken))));

    public Task<NodeStatus?> StatusAsync(string name, CancellationToken cancellationToken) =>
        TryAsync(name, async (http, token) => await http.GetFromJsonAsync<NodeStatus>("chorus/node", Json, token), cancellationToken);

    /// <summary>What routers measured of the canary.</summary>
    public async Task<IReadOnlyList<CanaryReport>> CanariesAsync(CancellationToken cancellationToken) =>
        [.. (await StatusesAsync(cancellationToken)).Select(n => n.Status?.Canary).OfType<CanaryReport>()];

    /// <summary>The most experts that a router has online; null: no router answers.</summary>
    public async Task<int?> ExpertsOnlineAsync(CancellationToken cancellationToken)
    {
        var counts = await Task.WhenAll(Known.Where(n => n.Kind == NodeKind.Router).Select(n => TryAsync(n.Name, async (http, token) =>
            (int?)(await http.GetFromJsonAsync<JsonElement>("mesh/status", token)).GetProperty("experts_ready").GetInt32(), cancellationToken)));
        return counts.Max();
    }

    /// <returns>Null: it did not answer.</returns>
    public Task<WitnessAnswer?> AddCheckpointAsync(string name, AddCheckpoint ask, CancellationToken cancellationToken) => TryAsync(name, async (http, token) =>
    {
        using var answer = await http.PostAsync("chorus/add-checkpoint", Text(ask.ToString()), token);
        var body = await answer.Content.ReadAsStringAsync(token);
        return (int)answer.StatusCode switch
        {
            200 => new WitnessAnswer(WitnessStatus.Cosigned, ask.Checkpoint.Checkpoint.Size, SignedNote.Parse($"{ask.Checkpoint.Checkpoint.Text}\n{body}").Signatures[0]),
            409 => new(WitnessStatus.Conflict, long.Parse(body, System.Globalization.CultureInfo.InvariantCulture)),
            var status when Enum.IsDefined((WitnessStatus)status) => new((WitnessStatus)status, 0),
            _ => null,
        };
    }, cancellationToken);

    /// <returns>What the node then says of itself; null: it did not answer.</returns>
    public Task<NodeStatus?> HeadAsync(string name, HeadMessage head, CancellationToken cancellationToken) => TryAsync(name, async (http, token) =>
    {
        using var answer = await http.PostAsJsonAsync("chorus/head", head, Json, token);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<NodeStatus>(Json, token) : null;
    }, cancellationToken);

    public Task<bool> ConfigureAsync(string name, ConfigurationReceipt receipt, CancellationToken cancellationToken) => TryAsync(name, async (http, token) =>
    {
        using var answer = await http.PostAsJsonAsync("chorus/configuration", receipt, Json, token);
        return answer.IsSuccessStatusCode;
    }, cancellationToken);

    /// <param name="names">Null: all.</param>
    public Task<(IReadOnlyList<Acknowledgement> Acknowledged, IReadOnlyList<string> Unreached)> HaltAsync(string note, IReadOnlyCollection<string>? names, CancellationToken cancellationToken) =>
        TellAsync("chorus/halt", note, names, cancellationToken);

    public Task<(IReadOnlyList<Acknowledgement> Acknowledged, IReadOnlyList<string> Unreached)> ResumeAsync(string note, IReadOnlyCollection<string>? names, CancellationToken cancellationToken) =>
        TellAsync("chorus/resume", note, names, cancellationToken);

    private async Task<(IReadOnlyList<Acknowledgement>, IReadOnlyList<string>)> TellAsync(string path, string note, IReadOnlyCollection<string>? names, CancellationToken cancellationToken)
    {
        names ??= [.. Known.Select(n => n.Name).Union(_urls.Keys)];
        var answers = await Task.WhenAll(names.Select(async name => (name, answer: await TryAsync(name, async (http, token) =>
        {
            using var response = await http.PostAsync(path, Text(note), token);
            return response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync<Acknowledgement>(Json, token) : null;
        }, cancellationToken))));
        return ([.. answers.Select(a => a.answer).OfType<Acknowledgement>()], [.. answers.Where(a => a.answer is null).Select(a => a.name)]);
    }

    private async Task<T?> TryAsync<T>(string name, Func<HttpClient, CancellationToken, Task<T?>> call, CancellationToken cancellationToken)
    {
        if (UrlOf(name) is not { } url)
            return default;
        using var deadline = new CancellationTokenSource(options.Value.NodePatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var http = clients.CreateClient(Client);
            http.BaseAddress = url;
            http.MaxResponseContentBufferSize = MostAnswerBytes;
            return await call(http, either.Token);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested && fault is HttpRequestException or OperationCanceledException or JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            return default;
        }
    }

    private static StringContent Text(string text) => new(text, Encoding.UTF8, "text/plain");
}

/// <summary>A committed head, and what a node may have missed.</summary>
/// <param name="Head">The checkpoint's note with its cosignatures.</param>
/// <param name="Configuration">The newest committed version.</param>
public sealed record HeadMessage(string Head, IReadOnlyList<string> Halts, IReadOnlyList<string> Resumes, long Configuration);

/// <param name="Entry">The configuration entry, canonical JSON.</param>
/// <param name="Proof">Its receipt, a tlog-proof.</param>
public sealed record ConfigurationReceipt(string Entry, string Proof);
