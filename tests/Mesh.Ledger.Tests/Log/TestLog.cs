using System.Collections.Immutable;
using System.Text.Json;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Log;
using Mesh.Ledger.Signing;

namespace Mesh.Ledger.Tests.Log;

/// <summary>A log whose state is the ids of its entries, and whose one rule refuses entries of type <c>refused</c>, or those that say after which other one they come and it is not there.</summary>
internal static class TestLog
{
    public static readonly SigningKey Key = SigningKey.FromSeed("mesh/test", new byte[32]);

    public static LedgerLogOptions Options(string node = "node-1") => new(Key, node);

    public static Task<LedgerLog<ImmutableList<string>>> OpenAsync(ILedgerStore store, string node = "node-1", TimeProvider? time = null) =>
        OpenAsync(store, Options(node), time);

    public static Task<LedgerLog<ImmutableList<string>>> OpenAsync(ILedgerStore store, LedgerLogOptions options, TimeProvider? time = null) =>
        LedgerLog<ImmutableList<string>>.OpenAsync(store, options, [], Reduce, time ?? TimeProvider.System, default);

    public static EntryDraft Draft(string id, long lamport = 0, string type = "note", string body = "{}") => new(type, id, JsonElement.Parse(body), lamport);

    public static EntryDraft After(string id, string other) => Draft(id, body: $$"""{"after":"{{other}}"}""");

    private static ImmutableList<string> Reduce(ImmutableList<string> ids, LedgerEntry entry)
    {
        if (entry.Type == "refused")
            throw new EntryRefusedException("It is of the type that is refused.");
        if (entry.Body.ValueKind == JsonValueKind.Object && entry.Body.TryGetProperty("after", out var other) && !ids.Contains(other.GetString()!))
            throw new EntryRefusedException($"There is no '{other}'.");
        return ids.Add(entry.Id);
    }
}
