using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Orchestration;

namespace Aspire.Hosting.Tests.Orchestration;

public sealed class PortsTests
{
    [Fact]
    public void A_configured_port_that_is_taken_is_named_with_its_resource()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        var builder = DistributedApplication.CreateBuilder([]);
        builder.AddExecutable("router", "sh", ".").WithHttpEndpoint(port);
        var fault = Assert.Throws<DistributedApplicationException>(() => Ports.Allocate(builder.Resources, random: false));
        Assert.Contains($"{port}", fault.Message);
        Assert.Contains("router", fault.Message);
    }

    [Fact]
    public void Free_ports_are_all_different()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        var resources = Enumerable.Range(0, 20).Select(i => builder.AddExecutable($"r{i}", "sh", ".").WithHttpEndpoint()).ToArray();
        Ports.Allocate(builder.Resources, random: false);
        Assert.Equal(20, resources.Select(r => r.GetEndpoint("http").Port).Distinct().Count());
    }

    [Fact]
    public void A_test_gets_another_port_than_the_configured_one()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var builder = DistributedApplication.CreateBuilder([]);
        var resource = builder.AddExecutable("router", "sh", ".").WithHttpEndpoint(((IPEndPoint)holder.LocalEndpoint).Port);
        Ports.Allocate(builder.Resources, random: true);
        Assert.NotEqual(((IPEndPoint)holder.LocalEndpoint).Port, resource.GetEndpoint("http").Port);
    }

    [Fact]
    public void An_endpoint_has_no_url_before_ports_are_given()
    {
        var endpoint = DistributedApplication.CreateBuilder([]).AddExecutable("router", "sh", ".").WithHttpEndpoint().GetEndpoint("http");
        Assert.False(endpoint.IsAllocated);
        Assert.Throws<InvalidOperationException>(() => endpoint.Url);
    }
}
