using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.State;

namespace Governance.Workflows.Ledger;

/// <summary>Writes the next version of the configuration, which is not a matter of choice: it follows from the newest and from what was decided.</summary>
internal sealed class ConfigurationWriter(GovernanceLedger ledger)
{
    private const int Attempts = 5;

    /// <summary>Does nothing when it was done before.</summary>
    /// <param name="id">The proposal's hash, for <see cref="Stage.HaltUndo"/> the halt's id.</param>
    /// <exception cref="ActRefusedException">The rules do not allow the stage now.</exception>
    /// <exception cref="QuorumUnavailableException">It is written, and commits when there is a quorum.</exception>
    public async Task WriteAsync(Stage stage, string id, CancellationToken cancellationToken)
    {
        var entry = EntryIds.Configuration(stage, id);
        for (var attempt = 1; ; attempt++)
        {
            var state = await ledger.RefreshAsync(cancellationToken);
            if (await ledger.FindAsync(entry, cancellationToken) is { } index)
            {
                await ledger.WaitUntilCommittedAsync(index, cancellationToken);
                return;
            }
            var next = state.Next(stage, id);
            var body = stage == Stage.HaltUndo ? new ConfigurationBody(stage, next, Halt: id) : new(stage, next, Proposal: id);
            try
            {
                await ledger.AppendAsync(EntryTypes.Configuration, entry, body, GovernanceJson.Default.ConfigurationBody, cancellationToken);
                return;
            }
            catch (ActRefusedException refused) when (refused.Code == ActCode.Conflict && attempt < Attempts)
            {
                // Another version came between reading and writing.
            }
        }
    }
}
