using Dapr.Conformance.Tests.Hosting;

namespace Dapr.Conformance.Tests.Workflows.Hosting;

/// <summary>One sidecar and one app with all workflows of the suite, shared by the tests of a collection.</summary>
public abstract class WorkflowSite : IAsyncLifetime
{
    private ISidecar? _sidecar;
    private WorkflowApp? _app;

    /// <summary>Null, or why this kind of sidecar cannot run here.</summary>
    public abstract string? Missing { get; }

    public ISidecar Sidecar => _sidecar ?? throw new InvalidOperationException(Missing);
    public WorkflowApp App => _app ?? throw new InvalidOperationException(Missing);

    /// <param name="maxBodySize">In daprd's notation, for example 4Mi.</param>
    public abstract ISidecar Create(string appId, string maxBodySize = "4Mi");

    public async Task InitializeAsync()
    {
        if (Missing is not null)
            return;
        _sidecar = Create("conformance");
        await _sidecar.StartAsync();
        _app = await WorkflowApp.StartAsync(_sidecar, Suite.Register);
    }

    public async Task DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        if (_sidecar is not null)
            await _sidecar.DisposeAsync();
    }
}

public sealed class DaprdSite : WorkflowSite
{
    public const string Name = "Workflows on daprd";

    public override string? Missing => Daprd.Missing;

    public override ISidecar Create(string appId, string maxBodySize = "4Mi") => new Daprd(appId, maxBodySize, servers: async folder => await Servers.StartAsync(folder) is { } servers ? (servers, servers.Environment) : null);
}

[CollectionDefinition(DaprdSite.Name)]
public sealed class DaprdCollection : ICollectionFixture<DaprdSite>;

public sealed class EmbeddedSite : WorkflowSite
{
    public const string Name = "Workflows on the embedded sidecar";

    public override string? Missing => null;

    public override ISidecar Create(string appId, string maxBodySize = "4Mi") => new EmbeddedSidecar(appId, maxBodySize);
}

[CollectionDefinition(EmbeddedSite.Name)]
public sealed class EmbeddedCollection : ICollectionFixture<EmbeddedSite>;
