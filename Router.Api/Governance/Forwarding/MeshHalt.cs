using System.Net.Http.Headers;
using System.Text;
using Mesh.Governance.Http;

namespace Router.Api.Governance.Forwarding;

/// <summary>A halt from wherever it came: in force here first, then told to the nodes and to governance, none of whom is waited for longer than their deadline.</summary>
internal sealed partial class MeshHalt(IMeshNode node, NodeCalls nodes, MeshApps apps, TimeProvider time, ILogger<MeshHalt> log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <exception cref="NodeRefusedException">It is no halt of this mesh's people, or the others were told of it and this node has no disk or room for it.</exception>
    public async Task<Acknowledgement> HaltAsync(string note, CancellationToken cancellationToken)
    {
        // Whoever asked may leave: what was begun is ended.
        var taking = node.HaltAsync(note, CancellationToken.None);
        await ((Task)taking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (taking.IsCompletedSuccessfully || taking.Exception?.InnerException is NodeRefusedException { IsOwnTrouble: true })
            await Task.WhenAll(nodes.HaltAsync(note, cancellationToken), TellGovernanceAsync(note, cancellationToken));
        return await taking;
    }

    private async Task TellGovernanceAsync(string note, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{MeshApp.Governance.Address}/governance/halt")
            {
                Content = new StringContent(note, Encoding.UTF8, MediaTypeHeaderValue.Parse("text/plain; charset=utf-8")),
            };
            using var answer = await apps.Client.SendAsync(request, either.Token);
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            LogNotTold(fault.Message);   // its own node is told, and hands it on when it is back
        }
    }

    [LoggerMessage(LogLevel.Warning, "Governance was not told of the halt, it will be by its node: {Fault}")]
    private partial void LogNotTold(string fault);
}
