namespace Mesh.Chorus.Witnesses;

/// <summary>What a witness last cosigned of a log.</summary>
/// <param name="Root">32 bytes in hex.</param>
public sealed record Witnessed(string Origin, long Size, string Root);

/// <summary>A witness's memory, its own and not the mesh's.</summary>
public interface IWitnessStore
{
    /// <summary>All that it ever wrote, the newest of each origin; empty for a witness that never signed.</summary>
    /// <exception cref="InvalidDataException">It lost or cannot read what it wrote: this witness must not sign again.</exception>
    IReadOnlyList<Witnessed> Read();

    /// <summary>Replaces all; durable when this returns.</summary>
    /// <exception cref="IOException">It is not known to be durable.</exception>
    void Write(IReadOnlyCollection<Witnessed> all);
}
