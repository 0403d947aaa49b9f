using Dapr.Client;
using Mesh.Ledger.Log;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Ledger;

/// <summary>The ledger in a Dapr state store: a value a key, and every append one transaction that holds the head's ETag.</summary>
internal sealed class DaprLedgerStore(DaprClient dapr, IOptions<ServiceOptions> options, TimeProvider time) : ILedgerStore
{
    /// <summary>Keys of one bulk read: 16 entries of the largest size fit the sidecar's limit of 4 MiB.</summary>
    private const int BulkKeys = 32;
    private static readonly StateOptions FirstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite, Consistency = ConsistencyMode.Strong };

    private string Store => options.Value.StateStore;
}
