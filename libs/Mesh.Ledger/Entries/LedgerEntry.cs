using System.Buffers;
using System.Text;
using System.Text.Json;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tiles;
using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Entries;

/// <summary>An entry of the ledger: one JSON object in canonical form with <c>type</c>, <c>lamport</c>, <c>node</c>, <c>time</c>, <c>id</c>, <c>body</c>, and nothing else.</summary>
public sealed class LedgerEntry
{
    public const int MostBytes = EntryBundle.MostEntryBytes, MostIdCharacters = 256, MostTypeCharacters = 64;
    /// <summary>What every JSON parser reads without loss.</summary>
    public const long MostNumber = (1L << 53) - 1;

    private LedgerEntry(ReadOnlyMemory<byte> bytes, JsonElement json)
    {
        Bytes = bytes;
        Type = json.GetProperty("type").GetString()!;
        Lamport = json.GetProperty("lamport").GetInt64();
        Node = json.GetProperty("node").GetString()!;
        Time = json.GetProperty("time").GetInt64();
        Id = json.GetProperty("id").GetString()!;
        Body = json.GetProperty("body");
    }

    /// <summary>What happened: lower-case letters, digits and '_'.</summary>
    public string Type { get; }

    /// <summary>Greater than that of every entry before it.</summary>
    public long Lamport { get; }

    /// <summary>The node that appended it.</summary>
    public string Node { get; }

    /// <summary>Unix time in milliseconds, by that node's clock, or that of the entry before where this one is later: it never goes back.</summary>
    public long Time { get; }

    /// <summary>There is one entry of each id.</summary>
    public string Id { get; }

    public JsonElement Body { get; }

    /// <summary>The canonical form in UTF-8: what is stored and hashed.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    public Hash LeafHash => MerkleTree.Leaf(Bytes.Span);

    /// <exception cref="FormatException">Something in it is out of bounds or has no canonical form.</exception>
    public static LedgerEntry Create(string type, long lamport, string node, long time, string id, JsonElement body)
    {
        if (body.ValueKind == JsonValueKind.Undefined)
            throw new FormatException("An entry has a body.");
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WriteNumber("lamport", lamport);
            writer.WriteString("node", node);
            writer.WriteNumber("time", time);
            writer.WriteString("id", id);
            writer.WritePropertyName("body");
            writer.WriteRawValue(body.GetRawText());
            writer.WriteEndObject();
        }
        return Parse(Encoding.UTF8.GetBytes(Canonical(buffer.WrittenMemory)));
    }

    /// <exception cref="FormatException">It is no entry in canonical form; the message says why.</exception>
    public static LedgerEntry Parse(ReadOnlyMemory<byte> bytes)
    {
        var entry = Read(bytes);
        return Encoding.UTF8.GetBytes(Canonical(bytes)).AsSpan().SequenceEqual(bytes.Span) ? entry : throw new FormatException("The entry is not in canonical form.");
    }

    /// <summary>Reads bytes that a hash vouches for: whether they are canonical was checked when they were written.</summary>
    /// <exception cref="FormatException">It is no entry.</exception>
    internal static LedgerEntry Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MostBytes)
            throw new FormatException($"An entry has at most {MostBytes} bytes.");
        JsonElement json;
        try
        {
            json = JsonElement.Parse(bytes.Span);
        }
        catch (JsonException e)
        {
            throw new FormatException($"The entry is no JSON: {e.Message}");
        }
        if (json.ValueKind != JsonValueKind.Object || json.GetPropertyCount() != 6 || !json.TryGetProperty("body", out _)
            || !IsText(json, "type", IsType) || !IsText(json, "node", VerifierKey.IsName) || !IsText(json, "id", IsId) || !IsNumber(json, "lamport", 1) || !IsNumber(json, "time", 0))
            throw new FormatException("An entry is an object of 'type', 'lamport', 'node', 'time', 'id' and 'body', each within its bounds.");
        return new(bytes, json);
    }

    /// <summary>1 to 256 characters, none of them a space, a control character, half of a pair or '|', which keys of stores have a use for.</summary>
    public static bool IsId(string id) => id.Length is > 0 and <= MostIdCharacters && !id.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c) || c == '|');

    public static bool IsType(string type) => type.Length is > 0 and <= MostTypeCharacters && type.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');

    public override string ToString() => Encoding.UTF8.GetString(Bytes.Span);

    private static bool IsText(JsonElement json, string name, Func<string, bool> isOne)
    {
        try
        {
            return json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && isOne(value.GetString()!);
        }
        catch (InvalidOperationException)
        {
            return false;   // half of a surrogate pair, as an escape
        }
    }

    private static bool IsNumber(JsonElement json, string name, long least) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= MostNumber;

    private static string Canonical(ReadOnlyMemory<byte> json)
    {
        try
        {
            return CanonicalJson.Of(JsonElement.Parse(json.Span));
        }
        catch (JsonException e)
        {
            throw new FormatException($"The entry is no JSON: {e.Message}");
        }
    }
}
