using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Mesh.EndToEnd.Tests.Halting;

/// <summary>A mesh whose processes can be stopped or kept down, and whose governance reaches nodes over wires that can be cut.</summary>
public abstract class FaultyMesh(string sidecar) : MeshFixture($"--Mesh:Sidecar={sidecar}", "--Mesh:Governance:Service:CommitPatience=00:00:03")
{
    public static IReadOnlyList<string> Nodes { get; } = ["governance", "router", "worker-1", "worker-2"];

    private readonly Dictionary<string, Wire> _wires = [];

    /// <summary>The sidecar of the router, where a broker of its own is behind it: daprd's broker in memory serves one sidecar.</summary>
    public virtual (string Resource, string Endpoint)? OwnBroker => null;

    /// <summary>What runs the workflows.</summary>
    public abstract IReadOnlyList<string> Engine { get; }

    /// <summary>Cuts the wires from governance to these nodes until it is disposed of.</summary>
    public IDisposable Cut(params string[] nodes)
    {
        foreach (var node in nodes)
            _wires[node].Cut();
        return new Undo(() =>
        {
            foreach (var node in nodes)
                _wires[node].Mend();
        });
    }

    /// <summary>Stops the processes of resources where they are (SIGSTOP) until it is disposed of.</summary>
    public IDisposable Pause(params string[] resources)
    {
        const int stop = 19, go = 18;
        foreach (var resource in resources)
            Signal(resource, stop);
        return new Undo(() =>
        {
            foreach (var resource in resources)
                Signal(resource, go);
        });
    }

    /// <summary>Kills the processes of resources (SIGKILL), and those that AppHost starts in their place, until it is disposed of.</summary>
    public IAsyncDisposable KeepDown(params IEnumerable<string> resources) => new Grave(this, [.. resources]);

    protected override void Prepare(IDistributedApplicationTestingBuilder builder)
    {
        foreach (var node in Nodes)
            _wires[node] = new(() => App.GetEndpoint(node, "http").Port);
        builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(r => r.Name == "governance"))
            .WithEnvironment("Mesh__Governance__NodeUrls", string.Join(';', _wires.Select(w => $"{w.Key}={w.Value.Url}")));
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var wire in _wires.Values)
            await wire.DisposeAsync();
    }

    private sealed class Undo(Action undo) : IDisposable
    {
        public void Dispose() => undo();
    }

    private sealed class Grave : IAsyncDisposable
    {
        private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
        private readonly CancellationTokenSource _end = new();
        private readonly Task _killing;

        public Grave(FaultyMesh mesh, string[] resources)
        {
            var killed = new HashSet<int?> { null };
            Kill();
            _killing = Task.Run(async () =>
            {
                using var timer = new PeriodicTimer(Look);
                while (!_end.IsCancellationRequested && await timer.WaitForNextTickAsync())
                    Kill();
            });

            // An id that Aspire shows still may be another process's by then.
            void Kill()
            {
                foreach (var resource in resources)
                    if (!killed.Contains(mesh.Pid(resource)))
                        killed.Add(mesh.Kill(resource));
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await _killing;
            _end.Dispose();
        }
    }
}

public sealed class FaultyEmbeddedMesh() : FaultyMesh("embedded")
{
    public override IReadOnlyList<string> Engine => Sidecars;
}

public sealed class FaultyDaprdMesh() : FaultyMesh("daprd")
{
    public override string? Missing => RealDapr.Missing;

    public override IReadOnlyList<string> Sidecars => ["router-dapr-cli", "worker-1-dapr-cli"];

    public override (string Resource, string Endpoint)? OwnBroker => (Sidecars[0], "http");

    public override IReadOnlyList<string> Engine => ["dapr-placement", "dapr-scheduler"];
}
