using System.Diagnostics;
using System.Net.Sockets;
using Dapr.Conformance.Tests.Workflows.Hosting;

namespace Dapr.Conformance.Tests.Hosting;

/// <summary>MESH_TEST_COMPONENTS=redis or postgres: daprd with that set of components/ and servers of its own (Debian's redis-server and postgresql).</summary>
internal sealed class Servers : IAsyncDisposable
{
    private readonly List<Child> _children = [];
    private readonly (string Secret, string Value)[] _secrets;
    private readonly int _redis = Ports.Take(1)[0];

    private Servers((string, string)[] secrets) => _secrets = secrets;

    /// <summary>Empty for the local set.</summary>
    public static string Set { get; } = System.Environment.GetEnvironmentVariable("MESH_TEST_COMPONENTS") ?? "";

    /// <summary>For daprd: the secrets that the components name.</summary>
    public (string, string)[] Environment => _secrets;

    private static string Shipped => Path.Combine(Checkout.Root, "components", Set);

    /// <summary>Writes the set's files over the local ones in <c>components</c>; null for the local set.</summary>
    public static async Task<Servers?> StartAsync(TempFolder folder)
    {
        if (Set.Length == 0)
            return null;
        if (!Directory.Exists(Shipped))
            throw new InvalidOperationException($"MESH_TEST_COMPONENTS is '{Set}': there is no such folder in components/.");
        var servers = new Servers(Set == "postgres" ? [("POSTGRES_CONNECTION", await Postgres.CreateDatabaseAsync())] : []);
        servers._children.Add(new("redis-server", ["--port", $"{servers._redis}", "--bind", "127.0.0.1", "--save", "", "--dir", folder.Path], folder["redis.log"]));
        await Eventually.HoldsAsync(() => IsOpenAsync(servers._redis), "redis-server listens");
        servers.Write(folder["components"]);
        return servers;
    }

    public static async Task<bool> IsOpenAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var child in _children)
            await child.DisposeAsync();
    }

    private void Write(string path)
    {
        string Read(string name) => File.ReadAllText(Path.Combine(Shipped, name)).Replace("127.0.0.1:6379", $"127.0.0.1:{_redis}", StringComparison.Ordinal);
        var all = Path.Combine(path, "all.yaml");
        if (File.Exists(all))
            File.WriteAllText(all, string.Join("---", File.ReadAllText(all).Split("---").Where(c => c.Contains("state.in-memory", StringComparison.Ordinal))));
        File.WriteAllText(Path.Combine(path, "state.yaml"), Read("statestore.yaml"));
        File.WriteAllText(Path.Combine(path, "shared.yaml"), Read("statestore.yaml").Replace("name: statestore", "name: shared").Replace("- name: actorStateStore\n      value: \"true\"", "- name: keyPrefix\n      value: name"));
        File.WriteAllText(Path.Combine(path, "pubsub.yaml"), Read("pubsub.yaml").Replace("  metadata:\n    -", "  metadata:\n    - name: protectedTopics\n      value: secret\n    -"));
        File.WriteAllText(Path.Combine(path, "secrets.yaml"), Read("secrets.yaml"));
    }
}

/// <summary>One PostgreSQL server for the run, a database for each who asks.</summary>
internal static class Postgres
{
    private static readonly Lazy<Task<int>> Server = new(StartAsync);

    /// <returns>Its connection string.</returns>
    public static async Task<string> CreateDatabaseAsync()
    {
        var (port, name) = (await Server.Value, $"t{Guid.NewGuid():N}");
        await RunAsync("psql", "-h", "127.0.0.1", "-p", $"{port}", "-U", "postgres", "-c", $"CREATE DATABASE {name}");
        return $"host=127.0.0.1 port={port} user=postgres dbname={name} sslmode=disable";
    }

    private static async Task<int> StartAsync()
    {
        var bin = Directory.GetDirectories("/usr/lib/postgresql").Order().Last() + "/bin/";
        // It refuses to run as root; its folder is in the temp folder and small.
        var folder = Directory.CreateTempSubdirectory("mesh-postgres-").FullName;
        var user = Environment.UserName == "root" ? new[] { "setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups" } : [];
        if (user.Length > 0)
            await RunAsync("chown", "postgres", folder);
        await RunAsync([.. user, bin + "initdb", "-D", folder + "/data", "-A", "trust", "-U", "postgres", "--no-sync"]);
        var port = Ports.Take(1)[0];
        string[] all = [.. user, bin + "postgres", "-D", folder + "/data", "-p", $"{port}", "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={folder}", "-c", "fsync=off", "-c", "max_connections=500"];
        _ = new Child(all[0], all[1..], Path.Combine(Path.GetTempPath(), $"mesh-postgres-{port}.log")); // ends with this process
        await Eventually.HoldsAsync(() => Servers.IsOpenAsync(port), "postgres listens");
        return port;
    }

    private static async Task RunAsync(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(Deadline.Soon);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', command)}: {await output}{await error}");
    }
}
