using Mesh.Chorus.Leases;
using Mesh.Governance.Http.Hosting;
using Mesh.Testing;
using Microsoft.Extensions.Options;

namespace Mesh.Governance.Http.Tests.Hosting;

public sealed class GovernanceOptionsTests
{
    [Fact]
    public void Every_fault_is_named_at_once()
    {
        var result = new ValidateGovernanceOptions().Validate(null, new()
        {
            LeaseTime = TimeSpan.FromHours(1), Skew = TimeSpan.FromSeconds(-1), OnLeaseLost = (OnLeaseLost)7, NodeUrls = "a=http://127.0.0.1;b=ftp://x",
        });
        Assert.Equal(["LeaseTime", "Skew", "OnLeaseLost", "NodeUrls"], result.Failures!.Select(f => f.Split(' ', ':')[2]));
        Assert.True(new ValidateGovernanceOptions().Validate(null, new()).Succeeded);
        Assert.True(new ValidateGovernanceOptions().Validate(null, new() { LeaseTime = TimeSpan.FromSeconds(3), Skew = TimeSpan.FromSeconds(1) }).Failed);
    }

    [Fact]
    public void Nodes_are_found_by_name() =>
        Assert.Equal(new Uri("http://127.0.0.1:5"), new GovernanceOptions { NodeUrls = "a=http://127.0.0.1:4; b = http://127.0.0.1:5" }.Urls()["b"]);

    [Fact]
    public async Task Wrong_settings_start_nothing()
    {
        using var data = new TemporaryFolder();
        await Assert.ThrowsAsync<OptionsValidationException>(() => NodeHost.StartAsync(data, settings: "Mesh:Governance:LeaseTime=00:00:01"));
    }

    [Fact]
    public async Task Where_it_is_not_enabled_everything_is_permitted_and_nothing_is_served()
    {
        using var data = new TemporaryFolder();
        await using var host = await NodeHost.StartAsync(data, settings: "Mesh:Governance:Enabled=false");
        Assert.True(host.Node is { Name: "router-1", IsGoverned: false, IsHalted: false, Lease: LeaseState.None, MayChange: true, MaySpeak: true, Halted.CanBeCanceled: false });
        Assert.Equal(404, (await Assert.ThrowsAsync<NodeRefusedException>(() => host.Client.StatusAsync(host.Url, NodeHost.Soon))).Status);
        Assert.Equal(503, (await Assert.ThrowsAsync<NodeRefusedException>(() => host.Node.HaltAsync("note", NodeHost.Soon))).Status);
        Assert.Empty(Directory.GetFileSystemEntries(data.Path));
    }
}
