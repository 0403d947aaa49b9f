using System.Diagnostics;
using Mesh.Bench.Running;
using Mesh.Contracts.Experts;
using Mesh.Governance.Acts;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;

namespace Mesh.Bench.Governance.Decisions;

/// <summary>What one decision of the rules costs, and what of it is cryptography.</summary>
internal static class DecisionBench
{
    private const int Rounds = 31, Least = 50;
    private const double AimMicroseconds = 100;

    private static readonly Operation[] Operations =
    [
        new SetEnsemble(new() { K = 3 }), new QuarantineExpert(ExpertId.Parse("unix"), "It is rude."), new RemoveExpert(ExpertId.Parse("unix")), new SetPhase(1), new SetPolicy(new() { MinorApprovals = 1 }), new SuggestText("Be kind."),
    ];

    public static void Run()
    {
        Console.WriteLine("| rules, us | 1 proposal open | bytes allocated | 1,000 open | bytes allocated |\n| --- | --- | --- | --- | --- |");
        RuleBook one = new(1), many = new(1000);
        Row("tier of an operation", _ => i => TierTable.Of(Operations[i % Operations.Length]));
        var allowed = Row("may this member ask for it now: tier, role, domain, halt", book => i => MayPropose(book, Operations[i % Operations.Length]));
        Row("what it would change, checked", book => i => Change.Of(Operations[i % Operations.Length], book.State.Configuration!));
        var tally = Row("do the votes allow it now", book => i => book.State.OutcomeAt(book.State.Find(book.Last.Hash), i));
        Row("a vote read from its note", book =>
        {
            var note = book.Vote().Note.ToString();
            return _ => SignedAct.Parse<Vote>(note);
        });
        Row("its signature checked", book =>
        {
            var vote = book.Vote();
            return _ => vote.SignedBy("ben", book.State.Configuration!);
        });
        Row("an entry through all rules: vote", book => Reduce(book, Drafts.Vote(book.Vote())));
        Row("an entry through all rules: proposal", book => Reduce(book, Drafts.Proposal(book.Propose(Operations[0]))));
        Row("an entry through all rules: halt", book => Reduce(book, Drafts.Halt(book.Halt())));
        Aim.AtMost("(h) tier of a proposal and whether it is allowed, us", AimMicroseconds, allowed, "0.00");
        Aim.AtMost("(h) whether its votes allow it, 1,000 open, us", AimMicroseconds, tally, "0.00");

        double Row(string name, Func<RuleBook, Func<int, object?>> act)
        {
            var (few, fewBytes) = Measure(act(one));
            var (more, moreBytes) = Measure(act(many));
            Console.WriteLine($"| {name} | {few:0.00} | {fewBytes:0} | {more:0.00} | {moreBytes:0} |");
            return more;
        }
    }

    private static Func<int, object?> Reduce(RuleBook book, Mesh.Ledger.Entries.EntryDraft draft)
    {
        var entry = book.Entry(draft);
        return _ => book.State.Reduce(entry);
    }

    private static object? MayPropose(RuleBook book, Operation operation)
    {
        var row = TierTable.Of(operation);
        return row.MayPropose(book.Proposer) && !book.State.Locked.ContainsKey(row.Domain) && !book.State.IsHalted ? row : null;
    }

    /// <summary>Median microseconds and mean bytes of one call.</summary>
    private static (double Microseconds, double Bytes) Measure(Func<int, object?> act)
    {
        // As many in a round as take a millisecond, and first of all until the code is compiled as well as it will be.
        var clock = Stopwatch.StartNew();
        var count = 0;
        while (clock.ElapsedMilliseconds < 300)
            GC.KeepAlive(act(count++));
        count = Math.Max(Least, count / 300);
        var times = new double[Rounds];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var n = 0; n < count; n++)
                GC.KeepAlive(act(n));
            times[round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / count;
        }
        return (times.Median(), (GC.GetAllocatedBytesForCurrentThread() - before) / (double)(Rounds * count));
    }
}
