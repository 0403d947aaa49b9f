using Mesh.Contracts.Experts;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Signing;

namespace Mesh.Governance.Tests.Simulation;

/// <summary>
/// One of the many ways in which it can go: people act rightly and wrongly, their messages are late, doubled and out of order, appends are lost before or after they happen,
/// clerks read old states and have clocks that differ. The seed decides all of it.
/// </summary>
internal sealed class Schedule
{
    private const int Steps = 40;
    private static readonly string[] Names = ["ada", "ben", "cam", "dan", "eve", "fay", "gil"];
    private static readonly MeshConfiguration Genesis = People.Configuration with { Policy = People.Configuration.Policy with { MajorReviewSeconds = 300 } };
    private static readonly ExpertId[] Experts = [ExpertId.Parse("unix"), ExpertId.Parse("code")];
    private static readonly Dictionary<(string, int), SigningKey> Keys = Names.SelectMany(n => Enumerable.Range(0, 3).Select(g => (n, g))).ToDictionary(k => k, k => People.Key(k.n, k.g));

    private readonly Random _random;
    private readonly SimulatedLedger _ledger = new();
    private readonly List<EntryDraft> _pending = [];
    private readonly List<string> _proposals = [];
    private readonly int[] _skew;
    private long _now = Chronicle.Start;
    private int _nonce;

    private Schedule(int seed)
    {
        _random = new(seed);
        _skew = [.. Enumerable.Range(0, 3).Select(_ => _random.Next(-5, 6))];
    }

    /// <exception cref="BrokenRuleException">A rule did not hold.</exception>
    public static SimulatedLedger Run(int seed)
    {
        var schedule = new Schedule(seed);
        schedule._ledger.Append(Drafts.Genesis(Genesis, People.Log.Verifier.Text), schedule._now * 1000);
        if (seed % 8 == 0)
            schedule.Grow();
        for (var step = 0; step < Steps; step++)
            schedule.Step();
        schedule.Settle();
        return schedule._ledger;
    }

    private GovernanceState State => _ledger.State;

    /// <summary>Some changes that a halt can take back.</summary>
    private void Grow()
    {
        for (var k = 1; k <= 4; k++)
        {
            Propose(new SetEnsemble(new EnsembleSettings { K = k }));
            Flush();
            foreach (var approver in State.Configuration!.Members.Where(m => m.Has(Role.Approver)))
                Send(Drafts.Vote(SignedAct.Sign(new Vote(People.Mesh, _proposals[^1], VoteChoice.Approve, State.Proposals.GetValueOrDefault(_proposals[^1])?.Act.Deadline ?? _now, approver.Name), KeyOf(approver.Name))));
            Flush();
            for (var work = 0; work < 6; work++)
                Work(State);
        }
    }

    private void Flush()
    {
        while (_pending.Count > 0)
            _ledger.Append(Take(), Clock());
    }

    private void Step()
    {
        switch (_random.Next(21))
        {
            case < 3: Propose(RandomOperation()); break;
            case < 10: Vote(); break;
            case 10: Withdraw(); break;
            case 11: Halt(); break;
            case 12: Resume(); break;
            case < 17: Work(_ledger.States[^(1 + Math.Min(_random.Next(4), _ledger.States.Count - 2))]); break;
            case 17: _now += _random.Next(600); break;
            case 18: Record(); break;
            default: Meddle(); break;
        }
        while (_pending.Count > 0 && _random.Next(3) > 0)
            Deliver();
    }

    private void Propose(Operation operation)
    {
        var able = State.Configuration!.Members.Where(TierTable.Of(operation).MayPropose).Select(m => m.Name).Intersect(Names).ToArray();
        var proposer = _random.Next(10) == 0 || able.Length == 0 ? Any(Names) : Any(able);
        var signed = SignedAct.Sign(
            new Proposal(People.Mesh, proposer, operation, "Because.", _now + _random.Next(-20, 20), _now + _random.Next(30, 3000), $"{++_nonce:x16}"), KeyOf(proposer));
        _proposals.Add(signed.Hash);
        Send(Drafts.Proposal(signed));
    }

    private void Vote()
    {
        if (Known() is not { } proposal)
            return;
        var approvers = State.Configuration!.Members.Where(m => Approvals.MayVote(m, proposal.Parties)).Select(m => m.Name).ToArray();
        foreach (var approver in approvers)
        {
            if (_random.Next(4) == 0)
                continue;
            var voter = _random.Next(10) == 0 ? Any(Names) : approver;
            var choice = _random.Next(8) == 0 ? VoteChoice.Reject : VoteChoice.Approve;
            var vote = new Vote(People.Mesh, proposal.Hash, choice, proposal.Act.Deadline + (_random.Next(30) == 0 ? 60 : 0), voter);
            var signed = SignedAct.Sign(vote, KeyOf(_random.Next(20) == 0 ? Any(Names) : voter));
            // Some hand their vote in for another proposal.
            var about = _random.Next(20) == 0 ? Any(_proposals) : proposal.Hash;
            Send(Drafts.Vote(signed) with { Id = EntryIds.Vote(about, voter) });
            if (_random.Next(10) == 0)
                Send(Drafts.VoteRefused(signed, State.Refuses(signed, Clock()) ?? new(Any(ActCode.Late, ActCode.DoubleVote, ActCode.WrongSignature), "Refused.")));
        }
    }

    /// <summary>A program says what it did; now and then somebody says it in its name, or of a run that is another's.</summary>
    private void Record()
    {
        var member = Any("ben", "dan", "dan", "eve");
        var step = new SelfStep(People.Mesh, member, $"{(member == "ben" ? 1 : _random.Next(3)):x16}", Any("observe", "analyse", "propose"), "It went so.", _now);
        Send(Drafts.Self(SignedAct.Sign(step, KeyOf(_random.Next(10) == 0 ? Any(Names) : member))));
    }

    private void Withdraw()
    {
        if (_random.Next(3) > 0 || Known() is not { } proposal)
            return;
        var member = _random.Next(3) == 0 ? Any(Names) : proposal.Act.Proposer;
        Send(Drafts.Withdrawal(SignedAct.Sign(new Withdrawal(People.Mesh, proposal.Hash, member), KeyOf(member))));
    }

    private void Halt()
    {
        if (_random.Next(3) > 0)
            return;
        var requester = _random.Next(4) == 0 ? Any(Names) : Any("ada", "cam", "fay");
        Send(Drafts.Halt(SignedAct.Sign(new HaltOrder(People.Mesh, requester, "Stop.", _now, $"{++_nonce:x16}"), KeyOf(requester))));
    }

    private void Resume()
    {
        if (State.Halts.IsEmpty)
            return;
        var halts = State.Halts.Keys.Order(StringComparer.Ordinal).Where(_ => _random.Next(4) > 0).Take(3).ToArray();
        if (halts.Length > 0)
            Send(Resumption(halts, [.. Enumerable.Range(0, 3).Select(_ => KeyOf(Any(Names))).Distinct()]));
    }

    /// <summary>A clerk does what follows from the state as it read it.</summary>
    private void Work(GovernanceState read)
    {
        var time = Clock();
        foreach (var halt in read.Halts.Keys.Order(StringComparer.Ordinal))
            if (read.IsUndoPending)
                Configure(read, Stage.HaltUndo, halt);
        var undecided = read.Proposals.Values.Where(p => p is { Status: ProposalStatus.Withdrawn, IsDecided: false }).Select(p => p.Hash);
        foreach (var hash in read.Unfinished.Union(undecided).Order(StringComparer.Ordinal).Where(_ => _random.Next(3) > 0))
        {
            var proposal = read.Find(hash);
            if (read.OutcomeAt(proposal, time) is { } outcome)
                _ledger.Append(Drafts.Decision(hash, outcome), time);
            else if (proposal.Status == ProposalStatus.Approved)
                Configure(read, proposal.Act.Operation is LiftDomain && _random.Next(2) == 0 ? Stage.Lifted : TierTable.Of(proposal.Act.Operation).HasCanary ? Stage.Canary : Stage.Promoted, hash);
            else if (proposal.Status == ProposalStatus.Deploying)
            {
                // What may not be promoted any more is taken back.
                if (_random.Next(4) == 0 || Configure(read, Stage.Promoted, hash) is not (null or ActCode.Halted))
                    Configure(read, Stage.Undone, hash);
            }
        }
    }

    /// <summary>A clerk that is wrong or was taken over.</summary>
    private void Meddle()
    {
        if (Known() is not { } proposal)
            return;
        var stage = Any(Stage.Canary, Stage.Promoted, Stage.Undone, Stage.Lifted);
        switch (_random.Next(4))
        {
            case 0:
                _ledger.Append(Drafts.Decision(proposal.Hash, Any(Outcome.Approved, Outcome.Rejected, Outcome.Expired, Outcome.Withdrawn)), Clock());
                break;
            case 1:
                Configure(State, stage, proposal.Hash);
                break;
            case 2:
                Configure(State, proposal.Status == ProposalStatus.Deploying ? Stage.Promoted : stage, proposal.Hash, forged: true);
                break;
            default:
                _ledger.Append(Drafts.Report(new("It went so.", proposal.Hash, Failed: _random.Next(8) == 0), $"{_random.Next(3)}"), Clock());
                break;
        }
    }

    /// <summary>The network is whole again, time goes on and clerks are honest: nothing is left undecided or unsaid.</summary>
    private void Settle()
    {
        Flush();
        for (var round = 0; round < 3; round++)
        {
            _now += 10_000;
            foreach (var halt in State.Halts.Keys.Order(StringComparer.Ordinal))
            {
                if (State.IsUndoPending)
                    Must(_ledger.Append(Drafts.Configuration(Stage.HaltUndo, halt, State.Next(Stage.HaltUndo, halt)), Clock()) is null, "a halt is undone");
                Must(_ledger.Append(Resumption([halt], [.. Names.Select(n => Keys[(n, Generation(n))])]), Clock()) is null, "a halt can end");
            }
            for (var idle = 0; idle < 20; idle++)   // a clerk leaves out a third of what is due
            {
                var before = _ledger.States.Count;
                Work(State);
                if (_ledger.States.Count > before)
                    idle = 0;
            }
        }
        Must(!State.IsHalted, "it goes on when people say so");
        Must(State.Proposals.Values.All(p => p.IsDecided && p.Status != ProposalStatus.Open), "every proposal is decided");
        Must(State.Configuration!.Canary is null, "no canary is left");
        Must(_ledger.Entries.Aggregate(0, (n, e) => n + (e.Type == EntryTypes.Proposal ? 1 : 0)) == State.Proposals.Count, "no proposal is lost");
    }

    private void Deliver()
    {
        var message = Take();
        var fate = _random.Next(10);
        if (fate == 0)
        {
            _pending.Add(message);   // lost on its way; its sender tries again
            return;
        }
        var refused = _ledger.Append(message, Clock());
        Must(refused is not null || _ledger.Contains(message.Id), "what is answered is there");
        if (fate <= 3)
            _pending.Add(message);   // the answer is lost, or somebody sends it again
    }

    private EntryDraft Take()
    {
        var at = _random.Next(_pending.Count);
        var message = _pending[at];
        _pending.RemoveAt(at);
        return message;
    }

    /// <returns>Why the rules do not allow it, as read; null: they do.</returns>
    private string? Configure(GovernanceState read, Stage stage, string id, bool forged = false)
    {
        try
        {
            var next = read.Next(stage, id);
            _ledger.Append(Drafts.Configuration(stage, id, forged ? next with { Policy = next.Policy with { MinorApprovals = 99 } } : next), Clock());
            return null;
        }
        catch (ActRefusedException refused)
        {
            return refused.Code;   // it is refused before it is an entry
        }
    }

    private Operation RandomOperation() => _random.Next(20) switch
    {
        _ when !State.Locked.IsEmpty && _random.Next(3) == 0 => new LiftDomain(Any([.. State.Locked.Keys.Order()])),
        < 4 => new SetEnsemble(new EnsembleSettings { K = _random.Next(1, 17) }),
        < 6 => new SetPhase(_random.Next(4)),
        6 => new QuarantineExpert(Any(Experts), "It drifts."),
        7 => new ReleaseExpert(Any(Experts)),
        8 => new AdmitExpert(new ExpertSpec { Id = Any(Experts), ModelPath = $"/models/{_random.Next(3)}.gguf" }),
        9 => new RemoveExpert(Any(Experts)),
        10 => Rotation(),
        11 => new SetRoles(Any(Names), [.. new[] { Role.Approver, Role.Deployer, Role.Oncall, Role.Admin }.Where(_ => _random.Next(2) == 0)]),
        12 => new SetPolicy(State.Configuration!.Policy with { MinorApprovals = _random.Next(1, 4) }),
        13 => new SuggestText("Ask more experts."),
        15 => new AddMember(Double()),
        16 => new RevokeApiKey(Any("ann", "bob"), "It leaked."),
        17 => new RestoreApiKey(Any("ann", "bob")),
        18 => new SetRateLimit(_random.Next(3), Any("ann", null)),
        14 => new EvaluateRouting(new EnsembleSettings { K = 2 }),
        _ => new LiftDomain(Domain.Phase),
    };

    /// <summary>Somebody's key of now, of before or of later under another name.</summary>
    private Member Double() =>
        new("hal", new VerifierKey("hal", KeyKind.Note, Keys[(Any(Names), _random.Next(3))].Verifier.PublicKeyBytes).Text, []);

    private RotateKey Rotation()
    {
        var name = Any(Names);
        return new(name, Keys[(name, Math.Min(2, Generation(name) + 1))].Verifier.Text);
    }

    /// <summary>What people sign with: mostly the key that the ledger has, sometimes one before or after it.</summary>
    private SigningKey KeyOf(string name) => Keys[(name, _random.Next(30) == 0 ? _random.Next(3) : Generation(name))];

    private int Generation(string name) => Enumerable.Range(0, 3).Single(g => Keys[(name, g)].Verifier.Text == State.Configuration!.Find(name)!.Key);

    private EntryDraft Resumption(IReadOnlyList<string> halts, SigningKey[] signers) =>
        Drafts.Resume(SignedAct.Sign(new ResumeOrder(People.Mesh, halts, "Go on.", _now, $"{++_nonce:x16}"), signers));

    private void Send(EntryDraft message) => _pending.Add(message);

    private ProposalState? Known() => _proposals.Count > 0 && State.Proposals.TryGetValue(_proposals[Math.Max(0, _proposals.Count - 1 - _random.Next(4))], out var proposal) ? proposal : null;

    private long Clock() => ((_now + Any(_skew)) * 1000) + _random.Next(1000);

    private T Any<T>(params IReadOnlyList<T> list) => list[_random.Next(list.Count)];

    private static void Must(bool holds, string rule)
    {
        if (!holds)
            throw new BrokenRuleException($"Broken: {rule}.");
    }
}
