using Mesh.Ensemble.Gating;

namespace Router.Api.Generation;

/// <summary>The trained gate that <c>Mesh:GateFile</c> names, read once at start; none when the setting is absent.</summary>
internal sealed class GateSource
{
    public const string Setting = "Mesh:GateFile";

    /// <exception cref="InvalidDataException">The file cannot be used; the message says why.</exception>
    public GateSource(IConfiguration configuration) =>
        Model = configuration[Setting] is { Length: > 0 } path ? GateModel.Load(Path.GetFullPath(path)) : null;

    public GateModel? Model { get; }
}
