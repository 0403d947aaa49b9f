using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Chorus.Files;

namespace Mesh.Chorus.Witnesses;

/// <summary>A witness's memory in a file with a checksum. It is made once, before the witness's key is; where the key is there and the file is not, it was lost.</summary>
public sealed class WitnessFile(string path) : IWitnessStore
{
    public bool Exists => File.Exists(path);

    /// <summary>An empty one for a new witness.</summary>
    /// <exception cref="IOException">It is not known to be on disk.</exception>
    public void Create() => Write([]);

    public IReadOnlyList<Witnessed> Read()
    {
        try
        {
            var kept = JsonSerializer.Deserialize(File.ReadAllText(path), WitnessJson.Default.Record) ?? throw new JsonException("It is null.");
            return kept.Sum == Sum(kept.Logs) ? kept.Logs : throw new JsonException("Its checksum is wrong.");
        }
        catch (Exception fault) when (fault is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException(
                $"{path}: what this witness signed is lost, so it signs no more, for it could sign a second history. Put the file back, or remove the node's key and let people admit the new one. {fault.Message}", fault);
        }
    }

    public void Write(IReadOnlyCollection<Witnessed> all)
    {
        Witnessed[] logs = [.. all];
        DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(new(logs, Sum(logs)), WitnessJson.Default.Record));
    }

    private static string Sum(IReadOnlyList<Witnessed> logs) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(logs.Select(l => $"{l.Origin}\n{l.Size}\n{l.Root}\n")))));

    internal sealed record Record(Witnessed[] Logs, string Sum);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, WriteIndented = true)]
[JsonSerializable(typeof(WitnessFile.Record))]
internal sealed partial class WitnessJson : JsonSerializerContext;
