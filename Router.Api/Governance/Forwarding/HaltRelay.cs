using Mesh.Governance.Http;

namespace Router.Api.Governance.Forwarding;

/// <summary>
/// A halt that comes to this router in any way is told to every node that it knows, once: a broker gives a message to one process of an app id, and who halts directly may reach
/// one router alone.
/// </summary>
internal sealed class HaltRelay(IMeshNode node, NodeCalls nodes) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var told = new HashSet<string>();
        while (true)
        {
            var revision = node.Revision;
            var halts = node.Acts.Halts;
            told.IntersectWith(halts);
            foreach (var halt in halts.Where(told.Add))
                await nodes.HaltAsync(halt, stoppingToken);
            await node.WaitForChangeAsync(revision, stoppingToken);
        }
    }
}
