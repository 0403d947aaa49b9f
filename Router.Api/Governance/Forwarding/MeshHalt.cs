using System.Net.Http.Headers;
using System.Text;
using Mesh.Governance.Http;

namespace Router.Api.Governance.Forwarding;

/// <summary>A halt from wherever it came: in force here first, then told to the nodes and to governance, none of whom is waited for longer than their deadline.</summary>
internal sealed partial class MeshHalt(IMeshNode node, NodeCalls nodes, GovernanceApp governance, TimeProvider time, ILogger<MeshHalt> log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <exception cref="NodeRefusedException">It is no halt of this mesh's people.</exception>
    public async Task<Acknowledgement> HaltAsync(string note, CancellationToken cancellationToken)
    {
        var taken = await node.HaltAsync(note, cancellationToken);
        await Task.WhenAll(nodes.HaltAsync(note, cancellationToken), TellGovernanceAsync(note, cancellationToken));
        return taken;
    }

    private async Task TellGovernanceAsync(string note, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{GovernanceApp.Address}/governance/halt")
            {
                Content = new StringContent(note, Encoding.UTF8, MediaTypeHeaderValue.Parse("text/plain; charset=utf-8")),
            };
            using var answer = await governance.Client.SendAsync(request, either.Token);
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            LogNotTold(fault.Message);   // its own node is told, and hands it on when it is back
        }
    }

    [LoggerMessage(LogLevel.Warning, "Governance was not told of the halt, it will be by its node: {Fault}")]
    private partial void LogNotTold(string fault);
}
