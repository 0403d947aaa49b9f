using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Chorus.Clocks;
using Mesh.Chorus.Witnesses;
using Mesh.Governance.Http.Chorus;
using Mesh.Governance.Http.Configurations;
using Mesh.Governance.Http.Nodes;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;

namespace Mesh.Governance.Http.Client;

/// <summary>
/// Speaks to nodes (<c>/chorus/...</c>). Every call has a deadline. A node that refuses is a <see cref="NodeRefusedException"/>, one that does not answer
/// a <see cref="HttpRequestException"/> or, at the deadline, a <see cref="TimeoutException"/>.
/// </summary>
/// <param name="deadline">Of one call.</param>
/// <param name="lamport">The caller's clock, where it has one.</param>
public sealed class NodeClient(HttpClient http, TimeSpan deadline, TimeProvider clock, LamportClock? lamport = null)
{
    private const int MostAnswerBytes = HeadNews.MostBytes;
    private static readonly MediaTypeHeaderValue Note = new("text/plain", "utf-8"), Json = new("application/json");

    /// <summary>Asks a witness. Of its answer the cosignature is not verified; <see cref="WitnessPolicy.Cosigned"/> counts only true ones.</summary>
    public async Task<WitnessAnswer> AddCheckpointAsync(Uri node, AddCheckpoint asked, CancellationToken cancellationToken)
    {
        var (status, body) = await SendAsync(HttpMethod.Post, node, "add-checkpoint", Text(asked.ToString()), cancellationToken);
        try
        {
            return status switch
            {
                HttpStatusCode.OK => new(WitnessStatus.Cosigned, asked.Checkpoint.Checkpoint.Size, SignedNote.Parse($"{asked.Checkpoint.Note.Text}\n{body}").Signatures[0]),
                HttpStatusCode.Conflict => new(WitnessStatus.Conflict, Checkpoint.ParseSize(body.TrimEnd('\n'))),
                HttpStatusCode.UnprocessableEntity => new(WitnessStatus.Inconsistent, asked.OldSize),
                _ => throw Refused(status, body),
            };
        }
        catch (FormatException fault)
        {
            throw new HttpRequestException($"{node} answers what no witness does: {fault.Message}", fault);
        }
    }

    public Task<NodeStatus> StatusAsync(Uri node, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Get, node, "node", null, NodeJson.Default.NodeStatus, cancellationToken);

    /// <summary>Tells a node the newest committed head, and the halts in force.</summary>
    public Task<NodeStatus> TellAsync(Uri node, HeadNews news, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Post, node, "head", Bytes(JsonSerializer.SerializeToUtf8Bytes(news, NodeJson.Default.HeadNews)), NodeJson.Default.NodeStatus, cancellationToken);

    /// <summary>Gives a node a version and the proof of it; it runs it when this returns.</summary>
    public Task<NodeStatus> ConfigureAsync(Uri node, ConfigurationReceipt receipt, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Post, node, "configuration", Bytes(receipt.ToJson()), NodeJson.Default.NodeStatus, cancellationToken);

    /// <summary>The halts in force at a node and the resumes that it remembers.</summary>
    public Task<ActsSnapshot> ActsAsync(Uri node, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Get, node, "halt", null, NodeJson.Default.ActsSnapshot, cancellationToken);

    public Task<Acknowledgement> HaltAsync(Uri node, string note, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Post, node, "halt", Text(note), NodeJson.Default.Acknowledgement, cancellationToken);

    public Task<Acknowledgement> ResumeAsync(Uri node, string note, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Post, node, "resume", Text(note), NodeJson.Default.Acknowledgement, cancellationToken);

    private async Task<T> AskAsync<T>(HttpMethod method, Uri node, string path, HttpContent? content, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var (status, body) = await SendAsync(method, node, path, content, cancellationToken);
        if (status != HttpStatusCode.OK)
            throw Refused(status, body);
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw new JsonException("It is null.");
        }
        catch (JsonException fault)
        {
            throw new HttpRequestException($"{node} answers what no node does: {fault.Message}", fault);
        }
    }

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpMethod method, Uri node, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(deadline, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        // A node's address may have a path of its own, as behind a proxy.
        using var request = new HttpRequestMessage(method, new Uri(node.AbsoluteUri.TrimEnd('/') + "/chorus/" + path)) { Content = content };
        var mayWrite = !LamportFilter.IsOrder(path);
        if (lamport is not null && lamport.TryTick(out var sent, mayWrite))
            request.Headers.Add(LamportFilter.Header, sent.ToString(CultureInfo.InvariantCulture));
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            await response.Content.LoadIntoBufferAsync(MostAnswerBytes, either.Token);
            if (response.IsSuccessStatusCode && response.Headers.TryGetValues(LamportFilter.Header, out var stamps)
                && LamportFilter.TryRead(stamps.First(), out var stamp))
                lamport?.TryReceive(stamp, out _, mayWrite);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(either.Token));
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{node} did not answer within {deadline}.");
        }
    }

    private static NodeRefusedException Refused(HttpStatusCode status, string body)
    {
        try
        {
            var problem = JsonElement.Parse(body);
            return new((int)status, problem.GetProperty("code").GetString()!, problem.GetProperty("detail").GetString()!);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return new((int)status, "unknown", $"The node answered {(int)status}.");
        }
    }

    private static StringContent Text(string text) => new(text, Encoding.UTF8, Note);

    private static ByteArrayContent Bytes(byte[] json) => new(json) { Headers = { ContentType = Json } };
}
