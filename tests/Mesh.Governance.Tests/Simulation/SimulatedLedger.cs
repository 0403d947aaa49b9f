using Mesh.Governance.Acts;
using Mesh.Governance.State;
using Mesh.Ledger.Entries;

namespace Mesh.Governance.Tests.Simulation;

/// <summary>A ledger in memory: an id is there once, what the reducer refuses is not there.</summary>
internal sealed class SimulatedLedger
{
    private readonly HashSet<string> _ids = [];
    private readonly Oracle _oracle = new();

    public List<LedgerEntry> Entries { get; } = [];

    /// <summary>Every state that there was; who reads late reads an old one.</summary>
    public List<GovernanceState> States { get; } = [GovernanceState.Empty];

    public GovernanceState State => States[^1];

    /// <summary>How often each thing happened: an entry's type, a refusal's code.</summary>
    public Dictionary<string, int> Events { get; } = [];

    public bool Contains(string id) => _ids.Contains(id);

    /// <returns>The code of the refusal; null when it is there now, or was.</returns>
    public string? Append(EntryDraft message, long time)
    {
        if (_ids.Contains(message.Id))
            return null;
        var entry = LedgerEntry.Create(message.Type, Entries.Count + 1, "governance", Math.Max(State.Time, time), message.Id, message.Body);
        try
        {
            States.Add(State.Reduce(entry));
        }
        catch (ActRefusedException refused)
        {
            Count(refused.Code);
            return refused.Code;
        }
        _ids.Add(message.Id);
        Entries.Add(entry);
        _oracle.Check(entry, State);
        Count(entry.Type == EntryTypes.VoteRefused ? State.Refusals[^1].Code : Name(entry));
        return null;
    }

    private void Count(string name) => Events[name] = Events.GetValueOrDefault(name) + 1;

    private static string Name(LedgerEntry entry) => entry.Type switch
    {
        EntryTypes.Decision => entry.Body.GetProperty("outcome").GetString()!,
        EntryTypes.Configuration => entry.Body.GetProperty("stage").GetString()!,
        _ => entry.Type,
    };
}
