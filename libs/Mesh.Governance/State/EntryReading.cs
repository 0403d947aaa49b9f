using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Governance.Acts;
using Mesh.Ledger.Entries;

namespace Mesh.Governance.State;

internal static class EntryReading
{
    /// <exception cref="ActRefusedException">The entry's body is not of its type.</exception>
    public static T Read<T>(this LedgerEntry entry, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return entry.Body.Deserialize(type) ?? throw new JsonException("It is null.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new ActRefusedException(ActCode.Invalid, $"The body of an entry '{entry.Type}' is wrong: {e.Message}");
        }
    }

    public static void RequireId(this LedgerEntry entry, string id) => Require(entry.Id == id, ActCode.Invalid, $"The id of this entry is '{id}', not '{entry.Id}'.");

    public static void Require(bool holds, string code, string otherwise)
    {
        if (!holds)
            throw new ActRefusedException(code, otherwise);
    }
}
