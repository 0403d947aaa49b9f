using AppHost;
using AppHost.Starting;
using CommunityToolkit.Aspire.Hosting.Dapr;

if (args.Any(a => a is "--help" or "-h" or "-?"))
{
    Console.WriteLine(Help.Text);
    return 0;
}

try
{
    var builder = MeshApplication.CreateBuilder(args);
    var repository = Path.GetFullPath("..", builder.AppHostDirectory);
    var mesh = MeshSettings.Read(builder.Configuration, repository);
    builder.HoldData(mesh);

    var statestore = builder.AddDaprStateStore("statestore", new() { LocalPath = Path.Combine(repository, "components/local/statestore.yaml") });
    var pubsub = builder.AddDaprPubSub("pubsub", new() { LocalPath = Path.Combine(repository, "components/local/pubsub.yaml") });

    var router = builder.AddProject<Projects.Router_Api>("router")
        .RunFromBuild()
        .WithDirectEndpoint("http", mesh.Port)
        .WithDirectEndpoint("grpc", mesh.GrpcPort, env: "Mesh__GrpcPort")
        .WithHttpHealthCheck("/health")
        .WithEnvironment(mesh.PassOn)
        .WithDaprSidecar(sidecar => sidecar.WithOptions(new() { AppId = "router" }).WithReference(statestore).WithReference(pubsub));

    // Two resources with one app id: replicas of one resource would share a single sidecar.
    var workers = new[] { "worker-1", "worker-2" }.Select(worker => builder.AddProject<Projects.Expert_Worker>(worker)
        .RunFromBuild()
        .WithDirectEndpoint("http")
        .WithDirectEndpoint("stream", env: "Mesh__StreamPort")
        .WithHttpHealthCheck("/health", endpointName: "http")
        .WithEnvironment(mesh.PassOn)
        .WithDaprSidecar(sidecar => sidecar.WithOptions(new() { AppId = "expert-worker" }).WithReference(statestore).WithReference(pubsub))).ToArray();

    if (mesh.IsGoverned)
    {
        var governance = builder.AddProject<Projects.Governance_Workflows>("governance")
            .RunFromBuild()
            .WithDirectEndpoint("http")
            .WithHttpHealthCheck("/health")
            .WithEnvironment(mesh.PassOn)
            .WithDaprSidecar(sidecar => sidecar.WithOptions(new() { AppId = "governance" }).WithReference(statestore).WithReference(pubsub));
        // Everybody who may tell the others of a halt, or asks them to witness the ledger.
        foreach (var node in new[] { router, governance })
            node.WithNodeUrls([router, .. workers, governance]);
        if (mesh.ImprovesItself)
        {
            var agent = builder.AddProject<Projects.SelfPrompt_Agent>("selfprompt")
                .RunFromBuild()
                .WithDirectEndpoint("http")
                .WithHttpHealthCheck("/health")
                .WithEnvironment(mesh.PassOn)
                .WithEnvironment("Mesh__SelfPrompt__Router", router.GetEndpoint("http"))
                .WithDaprSidecar(sidecar => sidecar.WithOptions(new() { AppId = "selfprompt" }).WithReference(statestore).WithReference(pubsub));
            if (mesh.ApiKeyOfModel is { } key)
                agent.WithEnvironment("Mesh__SelfPrompt__ApiKey", builder.AddParameter("selfprompt-model-key", key, secret: true));
        }
    }

    await builder.BuildMesh(mesh).RunMeshAsync();
    return 0;
}
catch (DistributedApplicationException fault)
{
    Console.Error.WriteLine($"error: {fault.Message}");
    return 1;
}
