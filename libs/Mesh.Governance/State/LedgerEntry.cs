using System.Text.Json;

namespace Mesh.Governance.State;

public sealed record LedgerEntry(string Type, long Lamport, string Node, long Time, string Id, JsonElement Body);
