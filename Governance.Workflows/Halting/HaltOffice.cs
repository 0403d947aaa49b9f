using System.Collections.Concurrent;
using Governance.Workflows.Ledger;
using Governance.Workflows.Nodes;
using Governance.Workflows.Overseeing;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Http;
using Mesh.Governance.State;

namespace Governance.Workflows.Halting;

/// <param name="Halt">The id of the halt, or of the resume.</param>
/// <param name="Reached">Nodes that have it on disk and in force.</param>
/// <param name="Unreached">Nodes that did not answer; heads, the broker and the lease reach them later.</param>
/// <param name="Index">Of its entry; null while the ledger is away, which delays nothing.</param>
public sealed record HaltAnswer(string Halt, bool Halted, IReadOnlyList<string> Reached, IReadOnlyList<string> Unreached, IReadOnlyList<Acknowledgement> Acknowledged, long? Index, bool Committed);

/// <summary>Takes halts and resumes. A halt goes to every node before anything is written: neither ledger nor broker nor workflow engine can be in its way.</summary>
internal sealed partial class HaltOffice(IMeshNode node, MeshNodes nodes, GovernanceLedger ledger, Announcements announcements, WorkflowStarter starter, ILogger<HaltOffice> log)
{
    private readonly ConcurrentDictionary<string, HaltAnswer> _told = [];

    /// <summary>What was said of orders that could not be brought together.</summary>
    private readonly ConcurrentDictionary<string, string> _faults = [];

    /// <summary>Who was reached when a halt came in here; null when it came elsewhere.</summary>
    public HaltAnswer? ToldOf(string halt) => _told.GetValueOrDefault(halt);

    /// <exception cref="ActRefusedException">It is no halt.</exception>
    /// <exception cref="NodeRefusedException">It is none of this mesh's people, it ended, or it is told to all and this node has no disk or room for it.</exception>
    public async Task<HaltAnswer> HaltAsync(string note, CancellationToken cancellationToken)
    {
        var id = SignedAct.Parse<HaltOrder>(note).Hash;
        if (ledger.Opened.IsCompletedSuccessfully && ledger.State.EndedHalts.Contains(id) && !node.Halts.Contains(id))
            throw Ended(id);
        // This node verifies and stops first; the others verify for themselves.
        Acknowledgement? own = null;
        NodeRefusedException? trouble = null;
        try
        {
            own = await node.HaltAsync(note, cancellationToken);
            if (!own.Halts.Contains(id))
                throw Ended(id);
        }
        catch (NodeRefusedException refused) when (refused.IsOwnTrouble)
        {
            trouble = refused;
        }
        LogHalted(id);
        var published = announcements.HaltAsync(note, CancellationToken.None);
        var told = await nodes.HaltAsync(note, null, cancellationToken);
        await published;
        Recorded? recorded = null;
        var isCommitted = false;
        try
        {
            recorded = await AppendHaltAsync(note, id, cancellationToken);
            isCommitted = true;
        }
        catch (QuorumUnavailableException waiting)
        {
            recorded = new(waiting.Index, true);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            LogNotWritten(id, fault.Message);
        }
        Acknowledgement[] acknowledged = [.. told.Acknowledged.Append(own).OfType<Acknowledgement>().Where(a => a.Halts.Contains(id)).DistinctBy(a => a.Node)];
        string[] reached = [.. acknowledged.Select(a => a.Node)];
        var answer = new HaltAnswer(id, true, reached, [.. told.Unreached.Concat(told.Acknowledged.Select(a => a.Node)).Append(node.Name).Distinct().Except(reached)], acknowledged, recorded?.Index, isCommitted);
        _told[id] = answer;
        return trouble is null ? answer : throw new NodeRefusedException(
            trouble.Status, trouble.Code, $"{trouble.Message} The others were told of the halt: it is in force and on disk on {Names(answer.Reached)}, and not on {Names(answer.Unreached)}.");
    }

    /// <exception cref="ActRefusedException">The rules do not allow it.</exception>
    /// <exception cref="QuorumUnavailableException">It is written, and in force once it is committed.</exception>
    public async Task<HaltAnswer> ResumeAsync(string note, CancellationToken cancellationToken)
    {
        var resume = SignedAct.Parse<ResumeOrder>(note);
        var recorded = await ledger.AppendAsync(EntryTypes.Resume, EntryIds.Resume(resume.Hash), new(note), GovernanceJson.Default.NoteBody, cancellationToken);
        var told = await nodes.ResumeAsync(note, null, cancellationToken);
        await starter.StartSoonAsync(WorkflowStarter.For(resume, note), cancellationToken);
        return new(resume.Hash, node.IsHalted, [.. told.Acknowledged.Select(a => a.Node)], told.Unreached, told.Acknowledged, recorded.Index, true);
    }

    /// <summary>Brings together what this node and the ledger know of halts; each may have been away.</summary>
    public async Task CatchUpAsync(ActsSnapshot acts, LedgerView view, CancellationToken cancellationToken)
    {
        var state = view.State;
        foreach (var note in acts.Halts)
        {
            var id = SignedAct.Parse<HaltOrder>(note).Hash;
            await TryAsync(id, async () =>
            {
                // This process was killed, or had no quorum, after it had written the resume and before it had told anybody. The others hear of it from this node.
                if (view.FollowUps.EndedBy.TryGetValue(id, out var resume) && await ledger.FindEntryAsync(EntryIds.Resume(resume), cancellationToken) is { } entry)
                {
                    if (await ledger.FindAsync(entry.Id, cancellationToken) < ledger.Committed)
                        await node.ResumeAsync(entry.Body.GetProperty("note").GetString()!, cancellationToken);
                }
                else if (!state.Halts.ContainsKey(id))
                    await AppendHaltAsync(note, id, cancellationToken);
            });
        }
        // The rules may refuse a resume that nodes were given directly, where a node did not know all the halts that it names; then the ledger's halts go on.
        foreach (var note in acts.Resumes)
            if (SignedAct.Parse<ResumeOrder>(note) is var resume && !state.IsUndoPending && resume.Act.Halts.All(state.Halts.ContainsKey))
                await TryAsync(resume.Hash, () => ResumeAsync(note, cancellationToken));
        foreach (var halt in state.Halts.Values)
            if (!node.Halts.Contains(halt.Id))
                await TryAsync(halt.Id, () => node.HaltAsync(halt.Note, cancellationToken));
    }

    /// <summary>One that is refused is in no other's way; it is tried again, and what is wrong is said once.</summary>
    private async Task TryAsync(string id, Func<Task> step)
    {
        try
        {
            await step();
            _faults.TryRemove(id, out _);
        }
        catch (Exception fault) when (fault is ActRefusedException or NodeRefusedException or QuorumUnavailableException or LedgerAwayException)
        {
            if (!_faults.TryGetValue(id, out var said) || said != fault.Message)
                LogNotCaughtUp(id, _faults[id] = fault.Message);
        }
    }

    private static NodeRefusedException Ended(string id) =>
        new(StatusCodes.Status409Conflict, "halt_ended", $"The halt {id} ended: people resumed it, and it halts nothing any more. Sign a new one.");

    private static string Names(IReadOnlyList<string> names) => names.Count == 0 ? "none" : string.Join(", ", names);

    private async Task<Recorded> AppendHaltAsync(string note, string id, CancellationToken cancellationToken)
    {
        var recorded = await ledger.AppendAsync(EntryTypes.Halt, EntryIds.Halt(id), new(note), GovernanceJson.Default.NoteBody, cancellationToken);
        await starter.StartSoonAsync(new(nameof(HaltWorkflow), HaltWorkflow.IdOf(id), new HaltInput(id)), cancellationToken);
        return recorded;
    }

    [LoggerMessage(LogLevel.Warning, "The mesh is halted ({Id}).")]
    private partial void LogHalted(string id);

    [LoggerMessage(LogLevel.Warning, "Ledger and nodes do not agree on the order {Id} yet, it is tried on: {Reason}")]
    private partial void LogNotCaughtUp(string id, string reason);

    [LoggerMessage(LogLevel.Error, "The halt {Id} is in force and not yet in the ledger: {Fault}")]
    private partial void LogNotWritten(string id, string fault);
}
