using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Governance.Workflows.Hosting;
using Mesh.Governance.Acts;
using Mesh.Governance.Members;
using Mesh.Governance.State;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Log;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Ledger;

/// <summary>An entry is in the ledger, and no majority of witnesses has seen it yet. It commits by itself.</summary>
internal sealed class QuorumUnavailableException(long index) : Exception($"The entry {index} is written; it is committed as soon as a majority of witnesses can be reached.")
{
    public long Index { get; } = index;
}

/// <param name="IsNew">False: this very entry was there.</param>
internal sealed record Recorded(long Index, bool IsNew);

/// <summary>What the ledger's entries amount to, and which nodes were witnesses from which entry on.</summary>
/// <param name="Witnesses">Oldest first: who commits what comes after an entry.</param>
internal sealed record LedgerView(GovernanceState State, ImmutableList<WitnessSet> Witnesses)
{
    public static LedgerView Empty { get; } = new(GovernanceState.Empty, []);

    /// <exception cref="EntryRefusedException">The entry breaks a rule.</exception>
    public static LedgerView Reduce(LedgerView view, LedgerEntry entry)
    {
        var next = view.State.Reduce(entry);
        var nodes = next.Configuration!.Nodes;
        return new(next, view.Witnesses is [.., var last] && last.Nodes.SequenceEqual(nodes) ? view.Witnesses : view.Witnesses.Add(new(view.State.Size, nodes)));
    }

    /// <summary>Who commits when the first <paramref name="committed"/> entries are: the change of witnesses itself is committed by those before it, as its receipt is verified.</summary>
    public IReadOnlyList<MeshNode> WitnessesAfter(long committed) => Witnesses.Last(set => set.Index == 0 || set.Index < committed).Nodes;
}

/// <param name="Index">The entry that made them witnesses.</param>
internal sealed record WitnessSet(long Index, IReadOnlyList<MeshNode> Nodes);
