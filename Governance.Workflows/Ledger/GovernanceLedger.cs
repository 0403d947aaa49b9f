using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Governance.Workflows.Hosting;
using Governance.Workflows.Overseeing;
using Mesh.Chorus.Clocks;
using Mesh.Chorus.Quorums;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.State;
using Mesh.Ledger.Checkpoints;
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

/// <summary>What the ledger's entries amount to, which nodes were witnesses from which entry on, and what is still to be reported.</summary>
/// <param name="Witnesses">Oldest first: who commits what comes after an entry.</param>
/// <param name="Versions">Of the configuration, with the entries that made them; the newest <see cref="MostVersions"/>.</param>
internal sealed record LedgerView(GovernanceState State, ImmutableList<WitnessSet> Witnesses, ImmutableList<(long Version, long Index)> Versions, FollowUps FollowUps)
{
    public static LedgerView Empty { get; } = new(GovernanceState.Empty, [], [], FollowUps.None);

    private const int MostVersions = 1024;

    /// <exception cref="EntryRefusedException">The entry breaks a rule.</exception>
    public static LedgerView Reduce(LedgerView view, LedgerEntry entry)
    {
        var next = view.State.Reduce(entry);
        var configuration = next.Configuration!;
        var versions = configuration == view.State.Configuration ? view.Versions : view.Versions.Add((configuration.Version, view.State.Size));
        return new(
            next, view.Witnesses is [.., var last] && last.IsOf(configuration) ? view.Witnesses : view.Witnesses.Add(new(view.State.Size, configuration.Nodes, configuration.Witnesses)),
            versions.Count > MostVersions ? versions.RemoveAt(0) : versions, view.FollowUps.After(entry));
    }

    /// <summary>Who commits when the first <paramref name="committed"/> entries are: the change of witnesses itself is committed by those before it, as its receipt is verified.</summary>
    public WitnessSet WitnessesAfter(long committed) => Witnesses.Last(set => set.Index == 0 || set.Index < committed);

    /// <summary>The changes of witnesses from this entry on, oldest first.</summary>
    public IEnumerable<WitnessSet> ChangesFrom(long index) => Witnesses.Where(set => set.Index > 0 && set.Index >= index);
}

/// <param name="Index">The entry that made them witnesses.</param>
/// <param name="Policy">How many of them commit.</param>
internal sealed record WitnessSet(long Index, IReadOnlyList<MeshNode> Nodes, WitnessPolicy Policy)
{
    public bool IsOf(MeshConfiguration configuration) => Nodes.SequenceEqual(configuration.Nodes) && Policy.Quorum == Quorum.Of(Nodes.Count, configuration.Policy.WitnessLiars);
}

/// <summary>This mesh's ledger: appended to under the rules of <see cref="GovernanceState"/>, and read by everything that decides.</summary>
internal sealed class GovernanceLedger(IOptions<ServiceOptions> options, TimeProvider time, GovernanceMeter meter, LamportClock? lamport = null) : IAsyncDisposable
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private LedgerLog<LedgerView>? _log;
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _committed;

    /// <summary>There is a genesis, and the log was read.</summary>
    public Task Opened => _opened.Task;

    public LedgerLog<LedgerView> Log => _log ?? throw new LedgerAwayException("The ledger is not open yet: governance waits for its genesis or its store.");

    public LedgerView View => Log.State;

    /// <summary>Of the newest entry known here.</summary>
    public GovernanceState State => Log.State.State;

    /// <summary>Entries that a majority of witnesses has seen.</summary>
    public long Committed => Volatile.Read(ref _committed);

    /// <summary>Released when there is something to commit.</summary>
    public SemaphoreSlim Appended { get; } = new(0, 1);

    public void Open(LedgerLog<LedgerView> log)
    {
        lamport?.Raise(log.Head.Lamport);
        _log = log;
        _opened.TrySetResult();
    }

    /// <summary>Reads what other processes appended.</summary>
    public async Task<GovernanceState> RefreshAsync(CancellationToken cancellationToken)
    {
        var before = Log.Size;
        try
        {
            await Log.RefreshAsync(cancellationToken);
        }
        catch (TimeoutException fault)
        {
            throw new LedgerAwayException(fault.Message, fault);
        }
        if (Log.Size != before)
        {
            lamport?.TryReceive(Log.Head.Lamport, out _);
            Signal();
        }
        return State;
    }

    public async Task<long?> FindAsync(string id, CancellationToken cancellationToken) => (await Log.FindAsync(id, cancellationToken))?.Index;

    public async Task<LedgerEntry?> FindEntryAsync(string id, CancellationToken cancellationToken) => (await Log.FindAsync(id, cancellationToken))?.Entry;

    /// <summary>Appends an entry, or finds the one with its id, and waits until it is committed.</summary>
    /// <exception cref="ActRefusedException">The rules refuse it; nothing is written.</exception>
    /// <exception cref="QuorumUnavailableException">It is written, and not committed yet.</exception>
    /// <exception cref="LedgerAwayException">The store did not take it; the same may be asked again.</exception>
    public async Task<Recorded> AppendAsync<T>(string type, string id, T body, JsonTypeInfo<T> json, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        Appended appended;
        try
        {
            appended = await Log.AppendAsync(new(type, id, JsonSerializer.SerializeToElement(body, json), Sent()), cancellationToken);
        }
        catch (Exception fault) when (fault is TimeoutException or ObjectDisposedException)
        {
            throw new LedgerAwayException(fault.Message, fault);
        }
        catch (FormatException fault)
        {
            throw new ActRefusedException(ActCode.Invalid, fault.Message);
        }
        lamport?.TryReceive(appended.Entry.Lamport, out _);
        Signal();
        await WaitUntilCommittedAsync(appended.Index, cancellationToken);
        meter.OnCommitted(time.GetElapsedTime(started));
        return new(appended.Index, appended.IsNew);
    }

    /// <exception cref="QuorumUnavailableException">It is not committed within the patience of <see cref="ServiceOptions.CommitPatience"/>.</exception>
    public async Task WaitUntilCommittedAsync(long index, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Value.CommitPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        while (true)
        {
            Task moved;
            lock (_gate)
            {
                if (Committed > index)
                    return;
                moved = _moved.Task;
            }
            try
            {
                await moved.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new QuorumUnavailableException(index);
            }
        }
    }

    /// <summary>A majority of witnesses has seen the first <paramref name="size"/> entries.</summary>
    public void OnCommitted(long size)
    {
        lock (_gate)
        {
            if (size <= _committed)
                return;
            Volatile.Write(ref _committed, size);
            _moved.TrySetResult();
            _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_log is not null)
            await _log.DisposeAsync();
        Appended.Dispose();
    }

    /// <summary>The stamp of asking for an append; 0, which is below every entry's, where there is none to be had.</summary>
    private long Sent() => lamport is not null && lamport.TryTick(out var stamp) ? stamp : 0;

    private void Signal()
    {
        lock (_gate)
            if (Appended.CurrentCount == 0)
                Appended.Release();
    }
}
