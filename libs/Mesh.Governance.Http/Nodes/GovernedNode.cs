using Mesh.Chorus.Clocks;
using Mesh.Chorus.Heads;
using Mesh.Chorus.Leases;
using Mesh.Chorus.Witnesses;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http.Configurations;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.Http.Halts;
using Mesh.Governance.Http.Hosting;
using Mesh.Governance.Members;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Governance.Http.Nodes;

/// <summary>This process as people govern it. It believes the genesis, and after it only what it verified itself: signatures of members, receipts, cosigned heads.</summary>
internal sealed partial class GovernedNode : IMeshNode, IDisposable
{
    private readonly NodeKind _kind;
    private readonly NodeFiles _files;
    private readonly GovernanceOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly NodeSignals _signals = new();
    private readonly HaltRegister _halts;
    private readonly Lease _lease;
    private readonly ITimer _leaseTimer;

    /// <summary>Held over a change of the configuration and its write to disk; no halt waits for it.</summary>
    private readonly Lock _configuring = new();

    /// <summary>Held over a change in memory, and never over a verification, a write, or while others are told of it; taken after <see cref="_configuring"/>.</summary>
    private readonly Lock _changing = new();
    private volatile MeshConfiguration? _configuration;
    private GenesisDocument? _genesis;
    private HeadFollower? _follower;
    private volatile Witness? _witness;
    private LeaseState _lastLease;

    /// <exception cref="InvalidDataException">Whether the node is halted is not known.</exception>
    public GovernedNode(NodeKind kind, NodeFiles files, IOptions<GovernanceOptions> options, TimeProvider clock, ILogger<GovernedNode> log)
    {
        (_kind, _files, _options, _clock, _log) = (kind, files, options.Value, clock, log);
        _halts = new(files.Halts, content => files.Write(files.Halts, content));
        _lease = new(_options.LeaseTime, _options.Skew, clock);
        _leaseTimer = clock.CreateTimer(_ => WatchLease(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (IsHalted)
            LogStartsHalted(Name, Halts.Count);
        Publish();
    }

    public string Name => _files.Key.Name;

    public LamportClock Lamport => _files.Lamport;

    public MeshConfiguration? Configuration => _configuration;

    public bool IsGoverned => _configuration is not null;

    public bool IsHalted => Halts.Count > 0;

    public IReadOnlyList<string> Halts => _halts.Ids;

    public LeaseState Lease => !IsGoverned ? LeaseState.None : _lease.IsHeld ? LeaseState.Held : LeaseState.Lost;

    public bool MayChange => !IsHalted && Lease != LeaseState.Lost;

    public bool MaySpeak => !IsHalted && (_options.OnLeaseLost == OnLeaseLost.Readonly || Lease != LeaseState.Lost);

    public CancellationToken Halted => _signals.Halted;

    public ActsSnapshot Acts => _halts.Acts;

    public long Revision => _signals.Revision;

    public Task<long> WaitForChangeAsync(long after, CancellationToken cancellationToken) => _signals.WaitAsync(after, cancellationToken);

    /// <summary>From now on it is governed: by the genesis, or by the newest version that it has a receipt of.</summary>
    /// <exception cref="InvalidDataException">The receipt is damaged, or another genesis governed this node: whom to believe is not known.</exception>
    /// <exception cref="IOException">That it is governed could not be made durable.</exception>
    public void Begin(GenesisDocument genesis)
    {
        lock (_configuring)
        {
            if (_genesis is not null)
                return;
            Keep(genesis);
            var configuration = File.Exists(_files.Configuration) ? Kept(genesis) : genesis.Configuration;
            _follower = new(genesis.LogKey, configuration.Witnesses, _lease);
            try
            {
                _witness = new(_files.Key, [genesis.LogKey], _files.Witness, _clock);
            }
            catch (InvalidDataException lost)
            {
                LogWitnessLost(lost.Message);
            }
            (_genesis, _configuration) = (genesis, configuration);
        }
        LogGoverned(Name, genesis.Mesh, Configuration!.Version, _files.Key.Verifier.As(KeyKind.Cosignature).Text);
        WatchLease();
        Publish();
    }

    /// <summary>The genesis that governed it before it was started again; null for a new node.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public GenesisDocument? KeptGenesis() => GenesisFile.Read(_files.Genesis);

    /// <summary>As a witness.</summary>
    /// <exception cref="NodeRefusedException">It cannot sign now.</exception>
    public WitnessAnswer Cosign(AddCheckpoint asked)
    {
        RequireGenesis();
        var witness = _witness ?? throw new NodeRefusedException(503, "witness_lost", "This node lost what it signed, and signs no more.");
        try
        {
            return witness.Add(asked);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw NotDurable(fault);
        }
    }

    /// <summary>Takes a committed head: it is what the lease is made of.</summary>
    /// <returns>Whether it is a newer one than was known.</returns>
    /// <exception cref="NodeRefusedException">It is none.</exception>
    public bool Hear(SignedCheckpoint head)
    {
        RequireGenesis();
        switch (_follower!.Accept(head))
        {
            case HeadOutcome.Accepted:
                WatchLease();
                return true;
            case HeadOutcome.Renewed:
                WatchLease();
                return false;
            case HeadOutcome.WrongSignature:
                throw new NodeRefusedException(403, ActCode.WrongSignature, "The log of this mesh did not sign the head.");
            case HeadOutcome.NotCommitted:
                throw new NodeRefusedException(403, "not_committed", "Too few witnesses of this mesh cosigned the head.");
            case HeadOutcome.Forked:
                LogForked(head.Checkpoint.Size, head.Checkpoint.Root.Base64, _follower.Head!.Root.Base64);
                throw new NodeRefusedException(409, "forked", $"This node knows another committed head of size {head.Checkpoint.Size}.");
            default:
                return false;   // an older one came late
        }
    }

    /// <summary>Runs a newer version; that it does is on disk when this returns.</summary>
    /// <returns>False: it comes again, or late.</returns>
    /// <exception cref="NodeRefusedException">The receipt does not prove it, or there is no disk for it.</exception>
    public bool Configure(ConfigurationReceipt receipt)
    {
        while (true)
        {
            var configuration = RequireGenesis();
            var proven = Proven(receipt, configuration);
            if (proven.Configuration.Version <= configuration.Version)
                return false;
            lock (_configuring)
            {
                if (configuration != _configuration)
                    continue;   // another one came first
                Durably(() => _files.Write(_files.Configuration, receipt.ToJson()));
                Lamport.Raise(proven.Lamport);
                lock (_changing)
                    _configuration = proven.Configuration;
                _follower!.Follow(proven.Configuration.Witnesses);
                _follower.Accept(proven.Head);
            }
            LogConfigured(proven.Configuration.Version);
            WatchLease();
            Publish();
            return true;
        }
    }

    public NodeStatus Status(ICanaryReport? canary = null, IAppliedVersion? applied = null) => new(
        Name, _files.Key.Verifier.As(KeyKind.Cosignature).Text, _kind, _configuration?.Mesh, Lease, IsGoverned ? (long)_lease.Remaining.TotalMilliseconds : 0,
        _configuration?.Version ?? 0, IsHalted, Halts, Lamport.Now, IsGoverned ? _witness?.SizeOf(_genesis!.LogKey.Name) : 0, canary?.Report(), applied?.Applied);

    public void Dispose() => _leaseTimer.Dispose();

    /// <exception cref="NodeRefusedException">It does not prove it.</exception>
    private ConfigurationReceipt.Proven Proven(ConfigurationReceipt receipt, MeshConfiguration configuration)
    {
        try
        {
            return receipt.Verify(_genesis!, configuration.Witnesses);
        }
        catch (FormatException fault)
        {
            throw new NodeRefusedException(422, "invalid_receipt", fault.Message);
        }
        catch (UnprovenException fault)
        {
            throw new NodeRefusedException(403, "unproven", fault.Message);
        }
    }

    /// <exception cref="NodeRefusedException">There is no genesis yet.</exception>
    private MeshConfiguration RequireGenesis() =>
        _configuration ?? throw new NodeRefusedException(503, "no_genesis", "This node has no genesis yet, so it knows nobody.");

    private static NodeRefusedException NotDurable(Exception fault) => new(503, NodeRefusedException.NotDurable, $"This node cannot write to its disk: {fault.Message}");

    /// <summary>A node that people govern stays so: with a copy here, the file that it began with may be gone.</summary>
    /// <exception cref="InvalidDataException">Another genesis governed this node.</exception>
    private void Keep(GenesisDocument genesis)
    {
        if (GenesisFile.Read(_files.Genesis) is not { } kept)
            GenesisFile.Write(_files.Genesis, genesis);
        else if (!kept.IsSame(genesis))
            throw new InvalidDataException($"This node is governed by the genesis of '{kept.Mesh}' in {_files.Genesis}, and was given another one, of '{genesis.Mesh}'. Give it the old one; where people made a new mesh, remove the folder {_files.Folder} first.");
    }

    /// <summary>The version that it ran last. Its receipt was verified by the witnesses of the version before, which are not kept; that the log signed it is checked again.</summary>
    private MeshConfiguration Kept(GenesisDocument genesis)
    {
        try
        {
            var kept = ConfigurationReceipt.Parse(File.ReadAllBytes(_files.Configuration)).Verify(genesis, WitnessPolicy.None);
            Lamport.Raise(kept.Lamport);
            return kept.Configuration;
        }
        catch (Exception fault) when (fault is FormatException or UnprovenException)
        {
            throw new InvalidDataException($"{_files.Configuration} is damaged or of another mesh. Put it back, or remove it: then the version of genesis runs until governance sends a newer one. {fault.Message}", fault);
        }
    }

    /// <summary>Tells whoever waits when the lease came or went, and looks again before it can go.</summary>
    private void WatchLease()
    {
        // Read once: what was published is what the next look compares with.
        var lease = Lease;
        var last = Interlocked.Exchange(ref _lastLease, lease);
        if (lease != last)
        {
            // Before the first head there is nothing to lose.
            LogLease(lease == LeaseState.Lost && last == LeaseState.Held ? LogLevel.Warning : LogLevel.Information, lease, last);
            Publish();
        }
        if (lease != LeaseState.Held)
            return;
        // More often than it can end, for a clock that is set forward ends it earlier.
        var (remaining, most) = (_lease.Remaining + TimeSpan.FromMilliseconds(1), _options.LeaseTime / 4);
        _leaseTimer.Change(remaining < most ? remaining : most, Timeout.InfiniteTimeSpan);
    }

    private void Publish() => Tell(() => _signals.Publish(() => MaySpeak));

    private void Tell(Action tell)
    {
        try
        {
            tell();
        }
        catch (AggregateException fault)
        {
            LogStreamFault(fault);
        }
    }
}
