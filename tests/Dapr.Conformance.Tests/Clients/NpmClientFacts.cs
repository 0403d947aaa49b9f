using System.Text.Json;
using Dapr.Conformance.Tests.Hosting;
using Dapr.Conformance.Tests.Workflows.Hosting;
using Mesh.Testing.Npm;

namespace Dapr.Conformance.Tests.Clients;

/// <summary>Dapr's own client and server for Node.js, unchanged, as a judge from outside: bulk publishing and subscribing, invocation over HTTP and gRPC.</summary>
public abstract class NpmClientFacts(NpmClientFacts.Run run)
{
    [SkippableTheory]
    [InlineData("bulk over HTTP"), InlineData("bulk over gRPC"), InlineData("a failed bulk over HTTP"), InlineData("a failed bulk over gRPC"), InlineData("invoke over HTTP"), InlineData("invoke over gRPC")]
    public void The_client_of_npm_works_unchanged(string check)
    {
        Skip.If(run.Missing is not null, run.Missing);
        Assert.True(run.Results.TryGetValue(check, out var error), $"'{check}' was not reached: {run.Output}");
        Assert.True(error is null, error);
    }

    /// <summary>One app of Node.js and its sidecar, and all checks once.</summary>
    public abstract class Run(Kind kind) : IAsyncLifetime
    {
        /// <summary>Why it cannot run here, or null.</summary>
        public string? Missing { get; private set; } = kind.Missing;

        public Dictionary<string, string?> Results { get; } = [];

        public string Output { get; private set; } = "";

        public async Task InitializeAsync()
        {
            if (Missing is not null)
                return;
            (var packages, Missing) = await NpmPackages.FindAsync(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Clients", "package.json")));
            if (packages is null)
                return;
            // A name of its own: the other kind may run at the same time.
            var script = Path.Combine(packages.Folder, $"dapr-{Guid.NewGuid():n}.mjs");
            File.Copy(Path.Combine(AppContext.BaseDirectory, "Clients", "dapr.mjs"), script);
            var app = new AppSpec("node", Ports.Take(1)[0]);
            await using var sidecars = kind.Create(new(app));
            // The app waits for its sidecar, and the sidecar for its app.
            var node = Programs.RunAsync(packages.Node, [script], packages.Folder,
                ("DAPR_APP", $"{app.Port}"), ("DAPR_HTTP", $"{app.HttpPort}"), ("DAPR_GRPC", $"{app.GrpcPort}"));
            await sidecars.StartAsync();
            (_, Output) = await node;
            File.Delete(script);
            foreach (var line in Output.Split('\n').Where(l => l.StartsWith("{\"name\"", StringComparison.Ordinal)))
            {
                var result = JsonDocument.Parse(line).RootElement;
                Results[result.GetProperty("name").GetString()!] = result.GetProperty("error").GetString();
            }
        }

        public Task DisposeAsync() => Task.CompletedTask;
    }
}

public sealed class NpmClientOnEmbedded(NpmClientOnEmbedded.OnEmbedded run) : NpmClientFacts(run), IClassFixture<NpmClientOnEmbedded.OnEmbedded>
{
    public sealed class OnEmbedded() : Run(Kind.Embedded);
}

public sealed class NpmClientOnDaprd(NpmClientOnDaprd.OnDaprd run) : NpmClientFacts(run), IClassFixture<NpmClientOnDaprd.OnDaprd>
{
    public sealed class OnDaprd() : Run(Kind.Daprd);
}
