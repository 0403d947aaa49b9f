using System.Runtime.InteropServices;
using AppHost;
using CommunityToolkit.Aspire.Hosting.Dapr;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

if (args.Any(a => a is "--help" or "-h" or "-?"))
{
    Console.WriteLine(Help.Text);
    return;
}

// Plain HTTP on loopback needs no certificate, and no start asks a package feed for a newer Aspire; arguments have the last word.
var builder = DistributedApplication.CreateBuilder(["--environment=Development", "--ASPIRE_ALLOW_UNSECURED_TRANSPORT=true", "--ASPIRE_VERSION_CHECK_DISABLED=true", .. args]);
builder.Services.AddHostedService<Restarts>();
builder.Services.AddHostedService<OrderlyEnd>();
ConsoleLines.Add(builder);
// The end of AppHost is the end of everything it started.
builder.Configuration["DcpPublisher:WaitForResourceCleanup"] = "true";
var repository = Path.GetFullPath("..", builder.AppHostDirectory);
#pragma warning disable ASPIRECERTIFICATES001
if (Environment.GetEnvironmentVariable("MESH_DCP_CERT") != "0")
    builder.Services.AddSingleton<IDeveloperCertificateService>(new OrchestratorCertificate(Path.Combine(repository, ".mesh", "orchestrator.pfx")));
#pragma warning restore ASPIRECERTIFICATES001
var mesh = MeshSettings.Read(builder.Configuration, repository);

var statestore = builder.AddDaprStateStore("statestore", new() { LocalPath = Path.Combine(repository, "components/local/statestore.yaml") });
var pubsub = builder.AddDaprPubSub("pubsub", new() { LocalPath = Path.Combine(repository, "components/local/pubsub.yaml") });

builder.AddProject<Projects.Router_Api>("router")
    .RunFromBuild()
    .WithDirectEndpoint("http", mesh.Port)
    .WithHttpHealthCheck("/health")
    .WithEnvironment(mesh.PassOn)
    .WithDaprSidecar(sidecar => sidecar.WithOptions(new() { AppId = "router" }).WithReference(statestore).WithReference(pubsub));

// Two resources with one app id: replicas of one resource would share a single sidecar.
foreach (var worker in new[] { "worker-1", "worker-2" })
    builder.AddProject<Projects.Expert_Worker>(worker)
        .RunFromBuild()
        .WithDirectEndpoint("http")
        .WithDirectEndpoint("stream", env: "Mesh__StreamPort")
        .WithHttpHealthCheck("/health", endpointName: "http")
        .WithEnvironment(mesh.PassOn)
        .WithDaprSidecar(sidecar => sidecar.WithOptions(new() { AppId = "expert-worker" }).WithReference(statestore).WithReference(pubsub));

if (Ports.Taken(builder) is { } fault)
{
    Console.Error.WriteLine($"error: {fault}");
    Environment.ExitCode = 1;
    return;
}
var app = builder.Build();
// The end of the terminal is no reason to leave in a hurry: Aspire knows Ctrl-C and SIGTERM only.
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
{
    signal.Cancel = true;
    app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
});
app.Run();
