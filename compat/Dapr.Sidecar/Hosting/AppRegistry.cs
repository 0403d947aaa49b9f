namespace Dapr.Sidecar.Hosting;

/// <summary>All app instances of this process; requests know theirs by the port they came in on.</summary>
internal sealed class AppRegistry : IDisposable
{
    private readonly Dictionary<int, AppInstance> _byPort = [];
    private readonly Dictionary<string, AppInstance[]> _byId;
    private int _turn;

    public AppRegistry(SidecarOptions options)
    {
        All = [.. options.Apps.Select(a => new AppInstance(a))];
        foreach (var app in All)
            foreach (var port in new[] { app.Options.HttpPort, app.Options.GrpcPort })
                if (!_byPort.TryAdd(port, app))
                    throw new FormatException($"Port {port} is given twice on the command line.");
        _byId = All.GroupBy(a => a.AppId).ToDictionary(g => g.Key, g => g.ToArray());
    }

    public IReadOnlyList<AppInstance> All { get; }

    public AppInstance Of(HttpContext context) => _byPort[context.Connection.LocalPort];

    public bool Knows(string appId) => _byId.ContainsKey(appId);

    /// <summary>A replica that is up, each in turn; else any that has a port, for it may be coming up.</summary>
    public AppInstance? Pick(string appId) => Up(appId) ?? (_byId.GetValueOrDefault(appId) ?? []).FirstOrDefault(r => r.BaseAddress is not null);

    /// <summary>A replica that is up, each in turn.</summary>
    public AppInstance? Up(string appId)
    {
        var replicas = _byId.GetValueOrDefault(appId) ?? [];
        var start = (uint)Interlocked.Increment(ref _turn);
        for (var i = 0u; i < replicas.Length; i++)
            if (replicas[(start + i) % (uint)replicas.Length] is { IsUp: true } app)
                return app;
        return null;
    }

    public void Dispose()
    {
        foreach (var app in All)
            app.Dispose();
    }
}
