using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Chorus.Files;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Signing;

namespace Mesh.Governance.Http.Genesis;

/// <summary>The trust root of a node: which log it believes, and the first people and nodes. The log's entry 0 says the same.</summary>
/// <param name="Log">The log's verifier key; its name is the log's origin.</param>
public sealed record GenesisDocument(string Mesh, string Log, MeshConfiguration Configuration)
{
    [JsonIgnore]
    public VerifierKey LogKey => VerifierKey.Parse(Log);

    public static string OriginOf(string mesh) => $"mesh/{mesh}";

    internal bool IsSame(GenesisDocument other) => ToJson() == other.ToJson();

    internal string ToJson() => JsonSerializer.Serialize(this, GenesisJson.Default.GenesisDocument);

    /// <exception cref="FormatException">It contradicts itself.</exception>
    internal GenesisDocument Checked()
    {
        if (Configuration.Mesh != Mesh || Configuration.Version != 1)
            throw new FormatException($"The configuration is not version 1 of '{Mesh}'.");
        if (LogKey.Kind != KeyKind.Note || LogKey.Name != OriginOf(Mesh))
            throw new FormatException($"The log's key is not a note key named '{OriginOf(Mesh)}'.");
        return Faults(Configuration) is { } faults ? throw new FormatException(faults) : this;
    }

    /// <summary>Why no node may run a configuration, or null.</summary>
    internal static string? Faults(MeshConfiguration configuration)
    {
        var faults = ConfigurationCheck.Faults(configuration);
        return faults.Count > 0 ? string.Join(' ', faults) : configuration.Nodes.Count == 0 ? "There is no node: nobody could commit anything." : null;
    }
}

/// <summary><c>genesis.json</c>.</summary>
public static class GenesisFile
{
    public const int MostBytes = 1 << 20;

    /// <summary>Null where there is no such file yet.</summary>
    /// <exception cref="InvalidDataException">It is no genesis; the message says why.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static GenesisDocument? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        if (new FileInfo(path).Length > MostBytes)
            throw new InvalidDataException($"{path}: a genesis has at most {MostBytes} bytes.");
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), GenesisJson.Default.GenesisDocument)?.Checked() ?? throw new FormatException("It is null.");
        }
        catch (Exception fault) when (fault is JsonException or FormatException)
        {
            throw new InvalidDataException($"{path}: this is no genesis of a mesh. {fault.Message}", fault);
        }
    }

    /// <summary>Durable, whole or not at all.</summary>
    /// <exception cref="FormatException">It contradicts itself.</exception>
    public static void Write(string path, GenesisDocument genesis) =>
        DurableFile.Write(path, Encoding.UTF8.GetBytes(genesis.Checked().ToJson()));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowOutOfOrderMetadataProperties = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    Converters = [typeof(SnakeCaseEnum<Role>), typeof(SnakeCaseEnum<NodeKind>), typeof(SnakeCaseEnum<Tier>), typeof(SnakeCaseEnum<Operations.Domain>)])]
[JsonSerializable(typeof(GenesisDocument))]
internal sealed partial class GenesisJson : JsonSerializerContext;
