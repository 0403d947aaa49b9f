using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.State;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Proofs;

namespace Mesh.Governance.Http.Configurations;

/// <summary>A version of the configuration as governance gives it to nodes (<c>POST /chorus/configuration</c>): the entry, and the proof that it is committed.</summary>
/// <param name="Entry">The ledger's entry.</param>
/// <param name="Proof">C2SP tlog-proof.</param>
public sealed record ConfigurationReceipt(JsonElement Entry, string Proof)
{
    public const int MostBytes = 256 * 1024;

    public static ConfigurationReceipt Of(LedgerEntry entry, LedgerProof proof) => new(JsonElement.Parse(entry.Bytes.Span), proof.ToString());

    /// <exception cref="FormatException">It is no such receipt.</exception>
    public static ConfigurationReceipt Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ReceiptJson.Default.ConfigurationReceipt) ?? throw new FormatException("The receipt is null.");
        }
        catch (JsonException fault)
        {
            throw new FormatException($"The receipt is no JSON of 'entry' and 'proof': {fault.Message}", fault);
        }
    }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ReceiptJson.Default.ConfigurationReceipt);

    /// <summary>The version that it proves.</summary>
    /// <param name="policy">Who commits by the version that runs now.</param>
    /// <exception cref="FormatException">It is no entry of a configuration, or one that this node does not understand.</exception>
    /// <exception cref="UnprovenException">It is not shown that the mesh committed it.</exception>
    internal Proven Verify(GenesisDocument genesis, WitnessPolicy policy)
    {
        var entry = LedgerEntry.Parse(Encoding.UTF8.GetBytes(CanonicalJson.Of(Entry)));
        if (entry.Type != EntryTypes.Configuration)
            throw new FormatException($"This is an entry '{entry.Type}', not '{EntryTypes.Configuration}'.");
        var proof = LedgerProof.Parse(Proof);
        if (!proof.Proves(entry, genesis.LogKey, policy, out var reason))
            throw new UnprovenException(reason);
        MeshConfiguration configuration;
        try
        {
            configuration = entry.Body.Deserialize(GovernanceJson.Default.ConfigurationBody)?.Configuration ?? throw new FormatException("The entry has no configuration.");
        }
        catch (JsonException fault)
        {
            throw new FormatException($"This node does not understand the configuration; is it older than the mesh? {fault.Message}", fault);
        }
        if (configuration.Mesh != genesis.Mesh)
            throw new FormatException($"The configuration is of the mesh '{configuration.Mesh}'.");
        return GenesisDocument.Faults(configuration) is { } faults ? throw new FormatException(faults) : new(configuration, proof.Checkpoint, entry.Lamport);
    }

    /// <param name="Head">A committed one.</param>
    internal sealed record Proven(MeshConfiguration Configuration, SignedCheckpoint Head, long Lamport);
}

/// <summary>A receipt does not show what it claims.</summary>
internal sealed class UnprovenException(string message) : Exception(message);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ConfigurationReceipt))]
internal sealed partial class ReceiptJson : JsonSerializerContext;
