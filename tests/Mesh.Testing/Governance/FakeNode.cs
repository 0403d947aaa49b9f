using Mesh.Chorus.Leases;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http;

namespace Mesh.Testing.Governance;

/// <summary>A node that a test governs by hand; until it has a configuration, nobody governs it. Notes are taken as they come, but for <see cref="Refuses"/>.</summary>
public sealed class FakeNode : IMeshNode
{
    private readonly Lock _gate = new();
    private readonly List<string> _halts = [];
    private CancellationTokenSource _halted = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MeshConfiguration? _configuration;
    private LeaseState _lease;

    public string Name => "router-1";

    /// <summary>The note that nobody of the mesh signed.</summary>
    public string? Refuses { get; set; } = "refuse";

    public MeshConfiguration? Configuration
    {
        get => _configuration;
        set => Change(() => (_configuration, _lease) = (value, value is null ? LeaseState.None : _lease == LeaseState.None ? LeaseState.Held : _lease));
    }

    public LeaseState Lease
    {
        get => _lease;
        set => Change(() => _lease = value);
    }

    public bool IsGoverned => _configuration is not null;

    public bool IsHalted => Halts.Count > 0;

    public IReadOnlyList<string> Halts
    {
        get
        {
            lock (_gate)
                return [.. _halts];
        }
    }

    public bool MayChange => !IsHalted && _lease != LeaseState.Lost;

    public bool MaySpeak => !IsHalted;

    public CancellationToken Halted
    {
        get
        {
            lock (_gate)
                return _halted.Token;
        }
    }

    /// <summary>Whether it shows the notes that it took; a test's need not be ones that can be read.</summary>
    public bool ShowsActs { get; set; }

    public ActsSnapshot Acts => ShowsActs ? new(Halts, []) : ActsSnapshot.None;

    /// <summary>Without one a halt is in force and not acknowledged.</summary>
    public bool HasDisk { get; set; } = true;

    public long Revision { get; private set; }

    public async Task<long> WaitForChangeAsync(long after, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (Revision > after)
                    return Revision;
                changed = _changed.Task;
            }
            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>When it returns, every stream has been told.</summary>
    public Task<Acknowledgement> HaltAsync(string note, CancellationToken cancellationToken)
    {
        if (note == Refuses)
            throw new NodeRefusedException(403, "wrong_signature", "Nobody of this mesh signed it.");
        CancellationTokenSource halted = null!;
        Change(() =>
        {
            halted = _halted;
            if (!_halts.Contains(note))
                _halts.Add(note);
        });
        halted.Cancel();
        return !HasDisk ? Task.FromException<Acknowledgement>(new NodeRefusedException(503, NodeRefusedException.NotDurable, "The disk is full.")) : Task.FromResult(new Acknowledgement(Name, true, Halts, 0));
    }

    public Task<Acknowledgement> ResumeAsync(string note, CancellationToken cancellationToken)
    {
        Change(() =>
        {
            _halts.Clear();
            _halted = new();
        });
        return Task.FromResult(new Acknowledgement(Name, false, [], 0));
    }

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            change();
            Revision++;
            (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        changed.SetResult();
    }
}
