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

    /// <summary>Who was reached when a halt came in here; null when it came elsewhere.</summary>
    public HaltAnswer? ToldOf(string halt) => _told.GetValueOrDefault(halt);

    /// <exception cref="NodeRefusedException">It is no halt of this mesh's people.</exception>
    public async Task<HaltAnswer> HaltAsync(string note, CancellationToken cancellationToken)
    {
        // This node verifies and stops first; the others verify for themselves.
        var own = await node.HaltAsync(note, cancellationToken);
        var id = SignedAct.Parse<HaltOrder>(note).Hash;
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
        Acknowledgement[] acknowledged = [own, .. told.Acknowledged.Where(a => a.Node != own.Node)];
        var answer = new HaltAnswer(id, true, [.. acknowledged.Select(a => a.Node)], told.Unreached, acknowledged, recorded?.Index, isCommitted);
        _told[id] = answer;
        return answer;
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
            // This process was killed after it had written the resume and before it had told anybody. The others hear of it from this node.
            if (view.FollowUps.EndedBy.TryGetValue(id, out var resume) && await ledger.FindEntryAsync(EntryIds.Resume(resume), cancellationToken) is { } entry)
                await node.ResumeAsync(entry.Body.GetProperty("note").GetString()!, cancellationToken);
            else if (!state.Halts.ContainsKey(id))
                await AppendHaltAsync(note, id, cancellationToken);
        }
        foreach (var note in acts.Resumes)
            if (!state.IsUndoPending && SignedAct.Parse<ResumeOrder>(note).Act.Halts.All(state.Halts.ContainsKey))
                await TryResumeAsync(note, cancellationToken);
        foreach (var halt in state.Halts.Values)
            if (!node.Halts.Contains(halt.Id))
                await node.HaltAsync(halt.Note, cancellationToken);
    }

    /// <summary>A resume that nodes were given directly. The rules may refuse it where a node did not know all the halts that it names; then the ledger's halts go on.</summary>
    private async Task TryResumeAsync(string note, CancellationToken cancellationToken)
    {
        try
        {
            await ResumeAsync(note, cancellationToken);
        }
        catch (ActRefusedException refused)
        {
            LogNotResumed(refused.Message);
        }
    }

    private async Task<Recorded> AppendHaltAsync(string note, string id, CancellationToken cancellationToken)
    {
        var recorded = await ledger.AppendAsync(EntryTypes.Halt, EntryIds.Halt(id), new(note), GovernanceJson.Default.NoteBody, cancellationToken);
        await starter.StartSoonAsync(new(nameof(HaltWorkflow), HaltWorkflow.IdOf(id), new HaltInput(id)), cancellationToken);
        return recorded;
    }

    [LoggerMessage(LogLevel.Warning, "The mesh is halted ({Id}).")]
    private partial void LogHalted(string id);

    [LoggerMessage(LogLevel.Debug, "A resume that nodes have is none in the ledger: {Reason}")]
    private partial void LogNotResumed(string reason);

    [LoggerMessage(LogLevel.Error, "The halt {Id} is in force and not yet in the ledger: {Fault}")]
    private partial void LogNotWritten(string id, string fault);
}
