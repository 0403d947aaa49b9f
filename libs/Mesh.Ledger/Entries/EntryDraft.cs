using System.Text.Json;

namespace Mesh.Ledger.Entries;

/// <summary>What is to be appended. The log adds place, time and node.</summary>
/// <param name="Id">Makes the append idempotent: who is not told of the outcome asks again with the same id.</param>
/// <param name="Lamport">The caller's clock; the entry's is greater, unless the caller's is out of all proportion.</param>
public sealed record EntryDraft(string Type, string Id, JsonElement Body, long Lamport = 0);

/// <summary>The rules refuse an entry: a reducer throws it, nothing is appended, and who asked for the append gets it.</summary>
public class EntryRefusedException(string reason) : Exception(reason);
