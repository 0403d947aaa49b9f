using System.Collections.Concurrent;
using Mesh.Governance.Acts;
using Mesh.Governance.State;
using Xunit.Abstractions;

namespace Mesh.Governance.Tests.Simulation;

public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int Block = 1000;

    /// <summary>Ten thousand schedules in ten blocks; a seed that fails says so.</summary>
    [Theory]
    [InlineData(0), InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6), InlineData(7), InlineData(8), InlineData(9)]
    public void Rules_hold_whatever_happens_in_whatever_order(int block)
    {
        var events = new ConcurrentDictionary<string, int>();
        var faults = new ConcurrentDictionary<int, Exception>();
        Parallel.For(block * Block, (block + 1) * Block, seed =>
        {
            try
            {
                foreach (var (name, count) in Schedule.Run(seed).Events)
                    events.AddOrUpdate(name, count, (_, sum) => sum + count);
            }
            catch (Exception e)
            {
                faults[seed] = e;
            }
        });
        output.WriteLine(string.Join(", ", events.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key} {e.Value}")));
        Assert.True(faults.IsEmpty, string.Join('\n', faults.OrderBy(f => f.Key).Take(3).Select(f => $"Seed {f.Key}: {f.Value}")));

        // A simulation in which something never happens shows nothing of it.
        string[] expected =
        [
            "approved", "rejected", "expired", "withdrawn", "canary", "promoted", "undone", "halt_undo", "lifted", EntryTypes.Halt, EntryTypes.Resume, EntryTypes.Self, ActCode.Halted,
            ActCode.Invalid, ActCode.WrongSignature, ActCode.WrongRole, ActCode.OwnProposal, ActCode.Late, ActCode.TooEarly, ActCode.DoubleVote,
            ActCode.NotApproved, ActCode.DomainReadOnly, ActCode.Conflict, ActCode.NotFound,
        ];
        Assert.Empty(expected.Except(events.Keys));
    }

    /// <summary>Whoever has the entries has the state: also who reads them offline, or another machine.</summary>
    [Fact]
    public void A_ledger_that_is_read_again_says_the_same() => Parallel.For(0, 100, seed =>
    {
        var ledger = Schedule.Run(seed);
        var again = ledger.Entries.Aggregate(GovernanceState.Empty, (state, entry) => state.Reduce(entry));
        Assert.Equal(Summary(ledger.State), Summary(again));
    });

    [Fact]
    public void A_seed_is_one_schedule() =>
        Assert.Equal(Schedule.Run(42).Entries.Select(e => (e.Id, e.Time)), Schedule.Run(42).Entries.Select(e => (e.Id, e.Time)));

    private static string Summary(GovernanceState state) => string.Join('\n',
        [
            System.Text.Json.JsonSerializer.Serialize(state.Configuration, GovernanceJson.Default.MeshConfiguration), $"{state.Size} {state.Refusals.Count}",
            .. state.Proposals.Values.OrderBy(p => p.Index).Select(p => $"{p.Hash} {p.Status} {p.Votes.Count}"), .. state.History.Select(c => $"{c.Proposal} {c.After.Version} {c.UndoneBy}"),
            .. state.Locked.Select(l => $"{l}").Order(), .. state.EndedHalts.Order(), .. state.SelfRuns.Select(r => $"{r.Key} {r.Value.Member} {string.Join(' ', r.Value.Steps.Select(s => s.Index))}").Order(),
        ]);
}
