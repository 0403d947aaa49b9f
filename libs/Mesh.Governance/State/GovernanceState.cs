using System.Collections.Immutable;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Signing;

namespace Mesh.Governance.State;

/// <summary>
/// What the ledger's entries amount to. Every rule about people is in its reducer: the service, the simulation and whoever verifies a ledger offline run the same code,
/// and an entry that breaks a rule is never appended. Immutable; old states stay valid. Deadlines compare with an entry's own time, for there is no other clock here.
/// </summary>
public sealed record GovernanceState
{
    /// <summary>Closed proposals that it remembers; older ones are in the ledger alone.</summary>
    public const int MostClosed = 4096;
    public const int MostUnfinished = 10_000;
    public const int MostHistory = 256;
    public const int MostRefusals = 256;

    /// <summary>Runs of self-improvement that it remembers; older ones are in the ledger alone.</summary>
    public const int MostSelfRuns = 256;
    public const int MostSelfSteps = 64;

    /// <summary>Before genesis.</summary>
    public static GovernanceState Empty { get; } = new();

    private GovernanceState()
    {
    }

    /// <summary>Entries so far; the next one's index.</summary>
    public long Size { get; init; }

    /// <summary>Of the last entry, unix ms: it never goes back.</summary>
    public long Time { get; init; }

    /// <summary>The log's verifier key.</summary>
    public string Log { get; init; } = "";

    /// <summary>The newest version; null before genesis.</summary>
    public MeshConfiguration? Configuration { get; init; }

    public ImmutableDictionary<string, ProposalState> Proposals { get; init; } = ImmutableDictionary<string, ProposalState>.Empty;

    /// <summary>Hashes of the proposals of which something can still become.</summary>
    public ImmutableHashSet<string> Unfinished { get; init; } = [];

    /// <summary>Read-only domains, with the proposal that was rejected.</summary>
    public ImmutableDictionary<Domain, string> Locked { get; init; } = ImmutableDictionary<Domain, string>.Empty;

    /// <summary>Halts that go on, by their ids.</summary>
    public ImmutableDictionary<string, HaltState> Halts { get; init; } = ImmutableDictionary<string, HaltState>.Empty;

    /// <summary>Ids of halts that ended.</summary>
    public ImmutableHashSet<string> EndedHalts { get; init; } = [];

    /// <summary>The newest promoted changes, oldest first.</summary>
    public ImmutableList<AppliedChange> History { get; init; } = [];

    /// <summary>The newest refused votes, oldest first.</summary>
    public ImmutableList<Refusal> Refusals { get; init; } = [];

    /// <summary>The runs of self-improvement that went on last, by their ids.</summary>
    public ImmutableDictionary<string, SelfRun> SelfRuns { get; init; } = ImmutableDictionary<string, SelfRun>.Empty;

    public bool IsHalted => !Halts.IsEmpty;

    /// <summary>Whether the mesh is halted and what the halt undoes is not undone yet.</summary>
    public bool IsUndoPending => IsHalted && !IsUndone && (Configuration!.Canary is not null || History.Any(ConfigurationEntries.IsUndoable));

    /// <summary>Whether one of the halts that go on has undone the last changes; another then undoes no more.</summary>
    internal bool IsUndone { get; init; }

    /// <summary>Every public key (hex) that a member has or had, and whose it was: nobody gets it under another name.</summary>
    internal ImmutableDictionary<string, string> Keys { get; init; } = ImmutableDictionary<string, string>.Empty;

    internal ImmutableQueue<string> Closed { get; init; } = [];

    internal MeshConfiguration Governed => Configuration ?? throw new ActRefusedException(ActCode.NotFound, "This ledger has no genesis.");

    /// <exception cref="ActRefusedException">There is none, or it was closed long ago.</exception>
    public ProposalState Find(string hash) =>
        Proposals.TryGetValue(hash, out var proposal) ? proposal : throw new ActRefusedException(ActCode.NotFound, $"There is no proposal {hash}.");

    /// <summary>How a proposal's votes stand.</summary>
    public Tally Tally(ProposalState proposal) => Approvals.Count(proposal.Tier, proposal.Parties, proposal.Votes, Governed);

    /// <summary>
    /// What a proposal's votes allow at a time (unix ms); null: it goes on. After the deadline only what stood before it and still does: neither an approval nor a rejection comes of
    /// an approver who left meanwhile, or of a policy that asks for fewer.
    /// </summary>
    public Outcome? OutcomeAt(ProposalState proposal, long time) => proposal switch
    {
        { IsDecided: true } => null,
        { Status: ProposalStatus.Withdrawn } => Outcome.Withdrawn,
        _ => Tally(proposal).Standing switch
        {
            var standing when time >= proposal.Deadline && standing != proposal.InTime => Outcome.Expired,
            Standing.Rejected => Outcome.Rejected,
            Standing.Approved when !IsReadOnly(proposal) => time >= proposal.ReviewEnds ? Outcome.Approved : null,
            _ => time >= proposal.Deadline ? Outcome.Expired : null,
        },
    };

    /// <summary>When what <see cref="OutcomeAt"/> says of a proposal may be something else without another entry, unix ms: the next end of its review or its deadline.</summary>
    /// <returns>Null when both are over.</returns>
    public static long? NextLook(ProposalState proposal, long time) =>
        proposal.ReviewEnds > time && (proposal.Deadline <= time || proposal.ReviewEnds < proposal.Deadline) ? proposal.ReviewEnds : proposal.Deadline > time ? proposal.Deadline : null;

    /// <summary>Why a vote does not count at a time (unix ms); null when it does.</summary>
    public ActRefusedException? Refuses(SignedAct<Vote> vote, long time) => VoteEntries.Refuses(this, vote, time);

    /// <summary>The next version of the configuration, as the entry of a stage has to have it.</summary>
    /// <param name="id">The proposal's hash, for <see cref="Stage.HaltUndo"/> the halt's id.</param>
    /// <exception cref="ActRefusedException">The stage is against the rules now.</exception>
    public MeshConfiguration Next(Stage stage, string id) => ConfigurationEntries.Next(this, stage, id);

    /// <summary>The state with one more entry.</summary>
    /// <exception cref="ActRefusedException">The entry breaks a rule.</exception>
    public GovernanceState Reduce(LedgerEntry entry)
    {
        EntryReading.Require(entry.Time >= Time, ActCode.Invalid, $"The time of this entry, {entry.Time}, is before that of the entry before it, {Time}.");
        var next = entry.Type switch
        {
            EntryTypes.Genesis => ConfigurationEntries.Begin(this, entry),
            EntryTypes.Proposal => ProposalEntries.Propose(this, entry),
            EntryTypes.Vote => VoteEntries.Vote(this, entry),
            EntryTypes.VoteRefused => VoteEntries.Refuse(this, entry),
            EntryTypes.Withdrawal => ProposalEntries.Withdraw(this, entry),
            EntryTypes.Decision => ProposalEntries.Decide(this, entry),
            EntryTypes.Configuration => ConfigurationEntries.Configure(this, entry),
            EntryTypes.Report => ProposalEntries.Report(this, entry),
            EntryTypes.Halt => HaltEntries.Halt(this, entry),
            EntryTypes.Resume => HaltEntries.Resume(this, entry),
            EntryTypes.Self => SelfEntries.Record(this, entry),
            _ => throw new ActRefusedException(ActCode.Invalid, $"There are no entries of the type '{entry.Type}'."),
        };
        return next with { Size = Size + 1, Time = entry.Time };
    }

    internal bool IsReadOnly(ProposalState proposal) => Locked.ContainsKey(TierTable.Of(proposal.Act.Operation).Domain);

    internal void RequireWritable(Operation operation)
    {
        var domain = TierTable.Of(operation).Domain;
        if (Locked.TryGetValue(domain, out var rejected))
            throw new ActRefusedException(ActCode.DomainReadOnly, $"The domain '{domain.ToString().ToLowerInvariant()}' is read-only since the proposal {rejected} was rejected, until a lift_domain is promoted.");
    }

    /// <summary>Two members with one key, at once or one after the other, would be two votes of one person.</summary>
    internal void RequireOwnKey(Operation operation)
    {
        if (MemberChanges.KeyOf(operation) is var (name, key) && Keys.TryGetValue(Convert.ToHexStringLower(VerifierKey.Parse(key).PublicKeyBytes), out var owner) && owner != name)
            throw new ActRefusedException(ActCode.Invalid, $"This key is or was that of '{owner}'; '{name}' needs another one.");
    }

    internal void RequireRunning()
    {
        if (IsHalted)
            throw new ActRefusedException(ActCode.Halted, $"The mesh is halted by {string.Join(", ", Halts.Values.Select(h => h.Act.Requester))}.");
    }

    /// <summary>With another configuration from a time (unix ms) on: its members' keys are remembered, and where the votes of what is still voted on stand.</summary>
    internal GovernanceState Governing(MeshConfiguration configuration, long time)
    {
        var state = this with
        {
            Configuration = configuration,
            Keys = Keys.SetItems(configuration.Members.Select(m => KeyValuePair.Create(m.PublicKey, m.Name))),
        };
        var open = Unfinished.Select(hash => Proposals[hash]).Where(p => p.Status == ProposalStatus.Open && time < p.Deadline);
        return state with { Proposals = state.Proposals.SetItems(open.Select(p => KeyValuePair.Create(p.Hash, p with { InTime = state.Tally(p).Standing }))) };
    }

    /// <summary>With a proposal as it is now. A closed one drops its note, and the oldest closed one is forgotten.</summary>
    internal GovernanceState With(ProposalState proposal)
    {
        if (!proposal.IsClosed)
            return this with { Proposals = Proposals.SetItem(proposal.Hash, proposal), Unfinished = Unfinished.Add(proposal.Hash) };
        var isNew = Unfinished.Contains(proposal.Hash) || !Proposals.ContainsKey(proposal.Hash);
        var proposals = Proposals.SetItem(proposal.Hash, proposal with { Note = null });
        var (unfinished, closed) = (Unfinished.Remove(proposal.Hash), isNew ? Closed.Enqueue(proposal.Hash) : Closed);
        if (proposals.Count - unfinished.Count > MostClosed)
        {
            closed = closed.Dequeue(out var oldest);
            proposals = proposals.Remove(oldest);
        }
        return this with { Proposals = proposals, Unfinished = unfinished, Closed = closed };
    }
}
