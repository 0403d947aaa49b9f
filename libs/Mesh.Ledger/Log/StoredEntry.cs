using Mesh.Ledger.Entries;

namespace Mesh.Ledger.Log;

internal static class StoredEntry
{
    /// <exception cref="LedgerDamagedException">There is no entry.</exception>
    public static LedgerEntry Read(string key, byte[]? bytes)
    {
        try
        {
            return LedgerEntry.Read(bytes ?? throw new LedgerDamagedException($"{key}: the entry is missing."));
        }
        catch (FormatException e)
        {
            throw new LedgerDamagedException($"{key}: {e.Message}");
        }
    }
}
