using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace CommunityToolkit.Aspire.Hosting.Dapr;

/// <summary>
/// The scheduler's jobs, reminders and workflow timers among them, outlive AppHost. They lie in etcd, which keeps the addresses of its members, so the ports that it
/// was given first are written beside its data and given again.
/// </summary>
internal sealed class SchedulerData(string folder)
{
    private static readonly string[] Endpoints = ["grpc", "etcd", "peer"];
    private readonly string _file = Path.Combine(folder, "scheduler-ports");

    public string Folder { get; } = Path.Combine(folder, "scheduler");

    /// <summary>The ports of an earlier run, in the order grpc, etcd, peer; null when the scheduler begins anew.</summary>
    /// <exception cref="DistributedApplicationException">One is taken.</exception>
    public int[]? Take()
    {
        if (!Directory.Exists(Folder))
            return null;
        if (Read() is not { } ports)
        {
            Directory.Delete(Folder, recursive: true); // of a run that did not keep its ports, or broke off
            return null;
        }
        foreach (var port in ports)
            if (!IsFree(port))
                throw new DistributedApplicationException(
                    $"Port {port}, to which the jobs of the Dapr scheduler in '{Folder}' are bound, is taken. Stop what listens there, or delete that folder and with it all reminders and timers of daprd.");
        return ports;
    }

    /// <summary>Before the scheduler starts.</summary>
    public void Keep(IResource scheduler)
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(_file, string.Join(' ', Endpoints.Select(name => scheduler.Annotations.OfType<EndpointAnnotation>().First(e => e.Name == name).TargetPort)));
    }

    private int[]? Read()
    {
        if (!File.Exists(_file))
            return null;
        var ports = File.ReadAllText(_file).Split(' ').Select(text => int.TryParse(text, out var port) && port is > 0 and < 65536 ? port : 0).ToArray();
        return ports.Length == Endpoints.Length && !ports.Contains(0) ? ports : null;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
