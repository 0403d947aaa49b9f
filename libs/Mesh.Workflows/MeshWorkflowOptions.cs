namespace Mesh.Workflows;

/// <summary>Bounds and patience of <see cref="MeshWorkflows.AddMeshWorkflows"/>; the defaults are for daprd 1.16.</summary>
public sealed class MeshWorkflowOptions
{
    /// <summary>The largest input, output or event in bytes of UTF-8. Four of them fit the default limit of a sidecar (4 MiB).</summary>
    public int MaxPayloadBytes { get; set; } = 1 << 20;

    /// <summary>Finished steps whose results are kept for a sidecar that asks again.</summary>
    public int LedgerEntries { get; set; } = 1024;

    /// <summary>A Dapr state store that keeps the results of steps over the death of this process: a read and a write for each step. Null keeps them in memory alone.</summary>
    public string? StateStore { get; set; }

    /// <summary>How long the store keeps a result: longer than any sidecar takes to hand a step out again.</summary>
    public TimeSpan StoredFor { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long a client call is tried again while no worker is registered, or the sidecar is away.</summary>
    public TimeSpan ClientPatience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Between a sidecar that is well and the opening of a stream of work items. daprd 1.16 forgets its workflow actors for good when a stream opens within half a second
    /// of the end of another, and a process that is started again at once comes that early.
    /// </summary>
    public TimeSpan Settling { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How often the watchdog looks.</summary>
    public TimeSpan WatchPeriod { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a workflow may stand still for no known reason before it is woken; doubled after each time that did not help.</summary>
    public TimeSpan WatchPatience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether the watchdog may end a sidecar that hosts no workflows though a second stream of work items is open. Nothing else helps daprd 1.16 then; where nobody starts an
    /// ended sidecar again, say no.
    /// </summary>
    public bool MayEndSidecar { get; set; } = true;
}
