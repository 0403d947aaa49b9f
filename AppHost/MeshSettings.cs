using Microsoft.Extensions.Configuration;

namespace AppHost;

/// <summary>The <c>Mesh</c> section, from the environment (<c>Mesh__Name</c>) or the command line (<c>--Mesh:Name=value</c>), handed on to every service.</summary>
internal sealed class MeshSettings
{
    private const int DefaultPort = 8080;
    private static readonly string[] Paths = ["Mesh__ApiKeysFile", "Mesh__Governance__Genesis", "Mesh__Governance__MemberKeys", "Mesh__Governance__Service__ApiKeyFile", "Mesh__SelfPrompt__KeyFile", "Mesh__SelfPrompt__ApiKeyFile"];
    private const string ModelKey = "Mesh__SelfPrompt__ApiKey";
    private readonly Dictionary<string, string> _values;

    private MeshSettings(Dictionary<string, string> values)
    {
        ApiKeyOfModel = values.Remove(ModelKey, out var key) && key.Length > 0 ? key : null;
        _values = values;
    }

    /// <summary>For the one service that asks another model: handed to no other, and shown nowhere.</summary>
    public string? ApiKeyOfModel { get; }

    /// <summary>Where the router listens on loopback.</summary>
    public int Port { get; private init; }

    /// <summary>Where it serves gRPC; null: a free port.</summary>
    public int? GrpcPort { get; private init; }

    /// <summary>Whether people govern this mesh: unless a setting says no.</summary>
    public bool IsGoverned => string.Equals(_values["Mesh__Governance__Enabled"], "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the mesh looks for what it could do better; it can only where people govern it.</summary>
    public bool ImprovesItself => IsGoverned && string.Equals(_values["Mesh__SelfPrompt__Enabled"], "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>The folder of everything kept.</summary>
    public string Data => _values["Mesh__Data"];

    /// <exception cref="DistributedApplicationException">Mesh__Port or Mesh__GrpcPort is no port.</exception>
    public static MeshSettings Read(IConfiguration configuration, string repository)
    {
        var values = configuration.GetSection("Mesh").AsEnumerable(makePathsRelative: true)
            .Where(v => v.Value is not null).ToDictionary(v => "Mesh__" + v.Key.Replace(":", "__"), v => v.Value!);
        values["Mesh__Models"] = Absolute(values.GetValueOrDefault("Mesh__Models") is { Length: > 0 } models ? models : Path.Combine(repository, "models"));
        values["Mesh__Data"] = Path.GetFullPath(values.GetValueOrDefault("Mesh__Data") is { Length: > 0 } data ? data : Path.Combine(repository, ".mesh"));
        var gate = Path.Combine(repository, "models", "gate.json");
        if (values.GetValueOrDefault("Mesh__GateFile") is { } own)
            values["Mesh__GateFile"] = own.Length > 0 ? Path.GetFullPath(own) : own;
        else if (File.Exists(gate))
            values["Mesh__GateFile"] = gate;
        // One word for what router and workers each have to do.
        if (string.Equals(values.GetValueOrDefault("Mesh__Deterministic"), "true", StringComparison.OrdinalIgnoreCase))
            values["Mesh__Ensemble__Deterministic"] = values["Mesh__Inference__Deterministic"] = "true";
        values.TryAdd("Mesh__Governance__Enabled", "true");
        // The first start makes a mesh of its own, with members whose keys lie in the data folder.
        values.TryAdd("Mesh__Governance__Development", "true");
        // A mesh that nobody asks could judge no canary.
        values.TryAdd("Mesh__Governance__Service__Probes", "40");
        // The mesh looks at itself once an hour; what it finds, people decide.
        values.TryAdd("Mesh__SelfPrompt__Enabled", values["Mesh__Governance__Enabled"]);
        foreach (var path in Paths)
            if (values.GetValueOrDefault(path) is { Length: > 0 } given)
                values[path] = Path.GetFullPath(given);
        return new(values) { Port = PortOf("Mesh__Port") ?? DefaultPort, GrpcPort = PortOf("Mesh__GrpcPort") };

        int? PortOf(string name) => values.GetValueOrDefault(name) is not { } port ? null : int.TryParse(port, out var number) && number is > 0 and < 65536
            ? number
            : throw new DistributedApplicationException($"{name} is '{port}'; it must be 1 to 65535.");
    }

    public void PassOn(EnvironmentCallbackContext context)
    {
        foreach (var (name, value) in _values)
            context.EnvironmentVariables[name] = value;
        context.EnvironmentVariables["Mesh__Instance"] = context.Resource.Name;
    }

    /// <summary>Paths are the AppHost's; its children run in other folders.</summary>
    private static string Absolute(string models) =>
        string.Join(';', models.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Path.GetFullPath));
}
