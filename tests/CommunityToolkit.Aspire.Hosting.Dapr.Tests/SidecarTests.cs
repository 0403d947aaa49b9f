using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging.Abstractions;

namespace CommunityToolkit.Aspire.Hosting.Dapr.Tests;

public sealed class SidecarTests : IDisposable
{
    private static int _port = Random.Shared.Next(12_000, 28_000);
    private readonly string _folder = Directory.CreateTempSubdirectory("mesh-dapr-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task One_embedded_process_gets_a_group_of_flags_for_each_app()
    {
        var builder = await BuildAsync("embedded");
        var dapr = Assert.IsType<ExecutableResource>(builder.Resources.Single(r => r.Name == "dapr"));
        var args = (await ConfigureAsync(dapr)).Arguments;
        Assert.Equal(2, args.Count(a => a == "--"));
        Assert.Equal(["front", "back"], args.Index().Where(a => a.Index > 0 && args[a.Index - 1] == "--app-id").Select(a => a.Item));
        Assert.Contains("--resources-path", args);
    }

    [Fact]
    public async Task Every_app_gets_a_daprd_beside_placement_and_scheduler()
    {
        var builder = await BuildAsync("daprd");
        Assert.Subset(builder.Resources.Select(r => r.Name).ToHashSet(), new HashSet<string> { "dapr-placement", "dapr-scheduler", "front-dapr-cli", "second-dapr-cli" });
        var args = (await ConfigureAsync(builder.Resources.Single(r => r.Name == "second-dapr-cli"))).Arguments;
        Assert.Equal("back", args[args.ToList().IndexOf("--app-id") + 1]);
        Assert.Equal("127.0.0.1", args[args.ToList().IndexOf("--dapr-listen-addresses") + 1]);
    }

    [Fact]
    public async Task A_scheduler_that_is_started_again_finds_its_jobs()
    {
        var builder = await BuildAsync("daprd");
        var scheduler = builder.Resources.Single(r => r.Name == "dapr-scheduler");
        var first = (await ConfigureAsync(scheduler)).Arguments;
        var jobs = Path.Combine(first[first.ToList().IndexOf("--etcd-data-dir") + 1], "jobs");
        Directory.CreateDirectory(jobs);
        var again = (await ConfigureAsync(scheduler)).Arguments;
        Assert.Equal(first, again);
        Assert.True(Directory.Exists(jobs));
    }

    [Fact]
    public async Task The_jobs_of_the_scheduler_and_their_ports_outlive_the_application()
    {
        var first = await SchedulerAsync();
        var jobs = Path.Combine(Value(first, "--etcd-data-dir"), "jobs");
        Directory.CreateDirectory(jobs);
        var second = await SchedulerAsync();
        foreach (var flag in new[] { "--port", "--etcd-client-port", "--etcd-initial-cluster", "--etcd-data-dir" })
            Assert.Equal(Value(first, flag), Value(second, flag));
        Assert.True(Directory.Exists(jobs));

        using (var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, int.Parse(Value(first, "--etcd-client-port"))))
        {
            taken.Start();
            Assert.Contains("is taken", (await Assert.ThrowsAsync<DistributedApplicationException>(SchedulerAsync)).Message);
        }
        Directory.Delete(Value(first, "--etcd-data-dir"), recursive: true);
        Assert.NotEqual(Value(first, "--port"), Value(await SchedulerAsync(), "--port"));

        async Task<IReadOnlyList<string>> SchedulerAsync()
        {
            var builder = await BuildAsync("daprd");
            return [.. (await ConfigureAsync(builder.Resources.Single(r => r.Name == "dapr-scheduler"))).Arguments];
        }

        static string Value(IReadOnlyList<string> args, string flag) => args[args.ToList().IndexOf(flag) + 1];
    }

    [Theory]
    [InlineData("embedded")]
    [InlineData("daprd")]
    public async Task The_app_is_told_where_its_own_sidecar_is(string kind)
    {
        var builder = await BuildAsync(kind);
        var front = (await ConfigureAsync(builder.Resources.Single(r => r.Name == "front"))).Environment;
        var second = (await ConfigureAsync(builder.Resources.Single(r => r.Name == "second"))).Environment;
        Assert.Equal($"http://127.0.0.1:{front["DAPR_HTTP_PORT"]}", front["DAPR_HTTP_ENDPOINT"]);
        Assert.NotEqual(front["DAPR_HTTP_PORT"], second["DAPR_HTTP_PORT"]);
    }

    [Fact]
    public void A_component_without_a_file_is_kept_in_memory()
    {
        var yaml = ComponentFiles.Yaml(new DaprComponentResource("store", "state", null));
        Assert.Contains("type: state.in-memory", yaml);
        Assert.Contains("name: store", yaml);
    }

    [Fact]
    public void A_component_file_that_is_absent_is_named()
    {
        var fault = Assert.Throws<DistributedApplicationException>(() => ComponentFiles.Folders([new DaprComponentResource("store", "state", new() { LocalPath = "/no/such.yaml" })], _folder));
        Assert.Contains("such.yaml", fault.Message);
    }

    private async Task<IDistributedApplicationBuilder> BuildAsync(string kind)
    {
        foreach (var name in new[] { "daprd", "placement", "scheduler" })
            await File.WriteAllTextAsync(Path.Combine(_folder, OperatingSystem.IsWindows() ? name + ".exe" : name), "");
        var builder = DistributedApplication.CreateBuilder([$"--Mesh:Sidecar={kind}", $"--Mesh:Data={_folder}", $"--DAPRD={_folder}"]);
        builder.AddDaprStateStore("store");
        builder.AddExecutable("front", "sh", _folder).WithHttpEndpoint().WithDaprSidecar("front");
        builder.AddExecutable("second", "sh", _folder).WithHttpEndpoint().WithDaprSidecar("back");
        // What the orchestrator does.
        foreach (var endpoint in builder.Resources.SelectMany(r => r.Annotations.OfType<EndpointAnnotation>()))
        {
            endpoint.Port = endpoint.TargetPort = endpoint.Port ?? Interlocked.Increment(ref _port);
            endpoint.AllocatedEndpoint = new(endpoint, "127.0.0.1", endpoint.Port.Value, $"{endpoint.Port}");
        }
        return builder;
    }

    private static async Task<(IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment)> ConfigureAsync(IResource resource)
    {
        var made = await ExecutionConfigurationBuilder.Create(resource).WithArgumentsConfig().WithEnvironmentVariablesConfig()
            .BuildAsync(new(DistributedApplicationOperation.Run), NullLogger.Instance, CancellationToken.None);
        return ([.. made.Arguments.Select(a => a.Value)], made.EnvironmentVariables.ToDictionary());
    }
}
