using CommunityToolkit.Aspire.Hosting.Dapr;
using Microsoft.Extensions.Configuration;

if (args.Any(a => a is "--help" or "-h" or "-?"))
{
    Console.WriteLine(AppHost.Help.Text);
    return;
}

var builder = DistributedApplication.CreateBuilder(args);
var repository = Path.GetFullPath("..", builder.AppHostDirectory);
var mesh = AppHost.MeshSettings.Read(builder.Configuration, repository);

var statestore = builder.AddDaprStateStore("statestore", new() { LocalPath = Path.Combine(repository, "components/local/statestore.yaml") });
var pubsub = builder.AddDaprPubSub("pubsub", new() { LocalPath = Path.Combine(repository, "components/local/pubsub.yaml") });

builder.AddProject<Projects.Router_Api>("router")
    .WithHttpEndpoint(port: mesh.Port)
    .WithHttpHealthCheck("/health")
    .WithEnvironment(mesh.PassOn)
    .WithDaprSidecar(sidecar => sidecar.WithOptions(new() { AppId = "router" }).WithReference(statestore).WithReference(pubsub));

// Two resources with one app id: replicas of one resource would share a single sidecar.
foreach (var worker in new[] { "worker-1", "worker-2" })
    builder.AddProject<Projects.Expert_Worker>(worker)
        .WithHttpEndpoint()
        .WithHttpEndpoint(name: "stream", env: "Mesh__StreamPort")
        .WithHttpHealthCheck("/health", endpointName: "http")
        .WithEnvironment(mesh.PassOn)
        .WithDaprSidecar(sidecar => sidecar.WithOptions(new() { AppId = "expert-worker" }).WithReference(statestore).WithReference(pubsub));

builder.Build().Run();
