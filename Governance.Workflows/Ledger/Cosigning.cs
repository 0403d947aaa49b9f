using System.Collections.Concurrent;
using Governance.Workflows.Hosting;
using Governance.Workflows.Nodes;
using Governance.Workflows.Overseeing;
using Mesh.Chorus.Witnesses;
using Mesh.Governance.Http;
using Mesh.Governance.Http.Configurations;
using Mesh.Governance.Http.Hosting;
using Mesh.Governance.Http.Nodes;
using Mesh.Governance.Members;
using Mesh.Governance.State;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Log;
using Mesh.Ledger.Signing;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Ledger;

/// <param name="Size">What it cosigned last, as far as is known.</param>
/// <param name="Seen">Unix seconds of its last cosignature; 0: none yet.</param>
public sealed record WitnessView(string Name, long Size, long Seen);

/// <summary>
/// Has the newest head cosigned, at every append and every third of the lease, and hands it to every node: so entries are committed, leases renewed, and what a node missed
/// (a halt, a resume, a version of the configuration) comes to it, and what governance missed comes from it. Orders go round also while the store or the quorum is away.
/// </summary>
internal sealed partial class Cosigning(
    GovernanceLedger ledger, MeshNodes nodes, IMeshNode node, ILedgerStore store, GovernanceMeter meter, IOptions<GovernanceOptions> governance, TimeProvider time, ILogger<Cosigning> log) : BackgroundService
{
    private const int LeaseParts = 3;

    /// <summary>What the others get at least, once a majority has cosigned.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(100);
    private readonly ConcurrentDictionary<string, WitnessView> _witnesses = [];
    private readonly ConcurrentDictionary<string, Errand> _errands = [];
    private bool _hasQuorum = true;

    /// <summary>The newest head that a majority cosigned.</summary>
    public SignedCheckpoint? Committed { get; private set; }

    public IReadOnlyCollection<WitnessView> Witnesses => [.. _witnesses.Values.OrderBy(w => w.Name, StringComparer.Ordinal)];

    public int QuorumOfNow => ledger.View.WitnessesAfter(ledger.Committed).Policy.Quorum;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ledger.Opened.WaitAsync(stoppingToken);
        while (true)
        {
            try
            {
                await RoundAsync(stoppingToken);
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                LogRoundFailed(fault.Message);
            }
            HandOut(stoppingToken);
            using var next = new CancellationTokenSource(governance.Value.LeaseTime / LeaseParts, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(next.Token, stoppingToken);
            try
            {
                await ledger.Appended.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                // A third of the lease has passed.
            }
        }
    }

    private async Task RoundAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var committed = new CommittedHead(store, VerifierKey.Parse(ledger.State.Log));
        if (Committed is null && await committed.ReadAsync(cancellationToken) is { } kept)
        {
            Committed = kept;
            ledger.OnCommitted(kept.Checkpoint.Size);
        }
        var head = ledger.Log.SignHead();
        var (_, witnesses, policy) = ledger.View.WitnessesAfter(ledger.Committed);
        var cosigned = await CosignAsync(head, witnesses, policy, cancellationToken);
        var isQuorum = policy.IsMet(cosigned);
        foreach (var change in ledger.View.ChangesFrom(ledger.Committed).TakeWhile(c => isQuorum && c.Index < head.Checkpoint.Size))
        {
            // Each of several changes is committed by those whom the one before made witnesses.
            var before = ledger.View.WitnessesAfter(change.Index);
            var byThem = before.Policy.IsMet(cosigned) ? cosigned : await CosignAsync(head, before.Nodes, before.Policy, cancellationToken);
            if (isQuorum = before.Policy.IsMet(byThem))
                await committed.KeepChangeAsync(change.Index, byThem, cancellationToken);
        }
        meter.OnRound(time.GetElapsedTime(started), isQuorum);
        if (isQuorum != _hasQuorum)
            LogQuorum(_hasQuorum = isQuorum, policy.Cosigned(cosigned).Count, policy.Quorum, witnesses.Count);
        if (isQuorum)
        {
            Committed = await committed.AdvanceAsync(cosigned, policy, cancellationToken);
            ledger.OnCommitted(Committed.Checkpoint.Size);
        }
    }

    /// <summary>Asks every witness. A majority commits, and one that stands still does not hold it up; the others get as long again as it took, for a receipt tells more with their cosignatures.</summary>
    private async Task<SignedCheckpoint> CosignAsync(SignedCheckpoint head, IReadOnlyList<MeshNode> witnesses, WitnessPolicy policy, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var grace = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), enough, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var (cosigned, isMet) = (head, false);
        await foreach (var asked in Task.WhenEach(witnesses.Select(w => AskAsync(w, head, enough.Token))))
        {
            await ((Task)asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            // One more would make the note unreadable, and so many are always enough.
            if (cosigned.Note.Signatures.Count == SignedNote.MostSignatures)
                continue;
            // Once it is enough, nothing that becomes of the others matters.
            if ((isMet && !asked.IsCompletedSuccessfully) || await asked is not { } signature)
                continue;
            cosigned = cosigned.With(signature);
            if (isMet || !policy.IsMet(cosigned))
                continue;
            isMet = true;
            var took = time.GetElapsedTime(started);
            grace.Change(took > Grace ? took : Grace, Timeout.InfiniteTimeSpan);
        }
        return cosigned;
    }

    private async Task<NoteSignature?> AskAsync(MeshNode witness, SignedCheckpoint head, CancellationToken cancellationToken)
    {
        var size = head.Checkpoint.Size;
        var old = Math.Min(_witnesses.GetValueOrDefault(witness.Name)?.Size ?? 0, size);
        // The second try is with the size that the witness named.
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var proof = old == 0 || old == size ? [] : await ledger.Log.ProveConsistencyAsync(old, size, cancellationToken);
            if (await nodes.AddCheckpointAsync(witness.Name, new(old, proof, head), cancellationToken) is not { } answer)
                return null;
            if (answer is { Status: WitnessStatus.Cosigned, Cosignature: { } signature } && Cosignature.Verify(signature, witness.Verifier, head.Checkpoint) is { } valid)
            {
                _witnesses[witness.Name] = new(witness.Name, size, valid.Time);
                return signature;
            }
            if (answer.Status != WitnessStatus.Conflict || answer.Size > size || answer.Size == old)
            {
                LogRefused(witness.Name, answer.Status, answer.Size);
                return null;
            }
            old = answer.Size;
        }
        return null;
    }

    /// <summary>Every node is told of the newest head, and none is waited for: one that is slow hears of it when it has answered what it was told before.</summary>
    private void HandOut(CancellationToken cancellationToken)
    {
        foreach (var node in ledger.View.WitnessesAfter(ledger.Committed).Nodes.UnionBy(ledger.State.Configuration!.Nodes, n => n.Name))
            _ = _errands.GetOrAdd(node.Name, _ => new()).RunAsync(() => HandOutAsync(node, cancellationToken));
    }

    private async Task HandOutAsync(MeshNode to, CancellationToken cancellationToken)
    {
        try
        {
            await TellAsync(to, Committed, cancellationToken);
        }
        catch (Exception fault)
        {
            if (!cancellationToken.IsCancellationRequested)
                LogNotHandedOut(to.Name, fault.Message);
        }
    }

    private async Task TellAsync(MeshNode to, SignedCheckpoint? head, CancellationToken cancellationToken)
    {
        var state = ledger.State;
        var versions = ledger.View.Versions.Where(v => v.Index < head?.Checkpoint.Size).ToArray();
        var acts = node.Acts;
        var news = new HeadNews(head?.ToString(), [.. acts.Halts.Union(state.Halts.Values.Select(h => h.Note))], acts.Resumes, versions is [.., var last] ? last.Version : 1);
        // Who does not know the newest witnesses refuses the head, and is given the versions that made them.
        if (await nodes.TellAsync(to.Name, news, cancellationToken) is not { } status && (status = await nodes.StatusAsync(to.Name, cancellationToken)) is null)
            return;
        if (!status.Halts.ToHashSet().SetEquals(node.Halts))
            await LearnAsync(to, cancellationToken);
        if (head is null)
            return;
        // One after the other: each version is verified by the witnesses of the one before.
        foreach (var (version, index) in versions.Where(c => c.Version > Math.Max(1, status.Configuration)))
        {
            var entry = await ledger.Log.ReadEntryAsync(index, cancellationToken) ?? throw new LedgerAwayException($"The entry {index} is not there.");
            var proof = await ledger.Log.ProveAsync(index, await HeadForAsync(index, head, cancellationToken), cancellationToken);
            if (!await nodes.ConfigureAsync(to.Name, ConfigurationReceipt.Of(entry, proof), cancellationToken))
            {
                LogNotConfigured(to.Name, version);
                return;
            }
        }
    }

    /// <summary>The head that the witnesses of the version before cosigned: the newest one, or the one that committed the change of witnesses which came next.</summary>
    private async Task<SignedCheckpoint> HeadForAsync(long index, SignedCheckpoint newest, CancellationToken cancellationToken) =>
        ledger.View.ChangesFrom(index).FirstOrDefault() is { } change && await new CommittedHead(store, VerifierKey.Parse(ledger.State.Log)).ReadChangeAsync(change.Index, cancellationToken) is { } kept
            ? kept : newest;

    /// <summary>Orders that a node was given while governance was away: this one verifies them like any, and what it takes the <see cref="Overseer"/> writes to the ledger.</summary>
    private async Task LearnAsync(MeshNode from, CancellationToken cancellationToken)
    {
        if (await nodes.ActsAsync(from.Name, cancellationToken) is not { } theirs)
            return;
        foreach (var halt in theirs.Halts)
            await TakeAsync(node.HaltAsync, halt);
        foreach (var resume in theirs.Resumes)
            await TakeAsync(node.ResumeAsync, resume);

        async Task TakeAsync(Func<string, CancellationToken, Task<Acknowledgement>> act, string note)
        {
            try
            {
                await act(note, cancellationToken);
            }
            catch (NodeRefusedException refused)
            {
                LogNotLearned(from.Name, refused.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Quorum: {HasQuorum}; {Cosigned} of {Quorum} needed cosignatures, of {Witnesses} witnesses.")]
    private partial void LogQuorum(bool hasQuorum, int cosigned, int quorum, int witnesses);

    [LoggerMessage(LogLevel.Warning, "Witness {Witness} did not cosign: {Status}, it is at {Size}.")]
    private partial void LogRefused(string witness, WitnessStatus status, long size);

    [LoggerMessage(LogLevel.Warning, "Node {Node} did not take version {Version} of the configuration; it is asked again.")]
    private partial void LogNotConfigured(string node, long version);

    [LoggerMessage(LogLevel.Warning, "Node {Node} was not told of the newest head, it is told of the next: {Fault}")]
    private partial void LogNotHandedOut(string node, string fault);

    [LoggerMessage(LogLevel.Debug, "An order that {Node} has is none here: {Reason}")]
    private partial void LogNotLearned(string node, string reason);

    [LoggerMessage(LogLevel.Warning, "A round of cosigning failed, it is tried on: {Fault}")]
    private partial void LogRoundFailed(string fault);
}
