using System.CommandLine;

namespace Mesh.Tool.Governance;

/// <summary>The mesh's name, which is a part of everything that is signed.</summary>
internal static class MeshNames
{
    /// <summary>The one that is named, else that of the genesis on this machine, else the mesh is asked: a halt should not have to ask.</summary>
    public static async Task<string> FindAsync(string? named, MeshOptions mesh, ParseResult arguments, CancellationToken cancellationToken)
    {
        if ((named ?? mesh.Genesis(arguments, null)?.Mesh) is { } known)
            return known;
        using var client = mesh.Open(arguments);
        return (await client.ConfigurationAsync(cancellationToken)).Mesh;
    }
}
