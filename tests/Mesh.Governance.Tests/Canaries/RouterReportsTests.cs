using Mesh.Governance.Canaries;

namespace Mesh.Governance.Tests.Canaries;

public sealed class RouterReportsTests
{
    private const int Sessions = 4;

    [Fact]
    public void All_routers_together_are_judged()
    {
        var both = new RouterReports([Said("router-1", 2), Said("router-2", 2)], []);
        Assert.Equal(Verdict.Pass, both.Judge(Sessions, isLast: false).Verdict);
        Assert.Equal((4L, 4L), (both.Sum!.Control.Sessions, both.Sum.Candidate.Sessions));
        Assert.Equal(Verdict.Wait, new RouterReports([Said("router-1", 2), Said("router-2", 1)], [both.Sightings[0]]).Judge(Sessions, isLast: false).Verdict);
    }

    /// <summary>The others' figures are good, and say nothing of the one that the change may have killed.</summary>
    [Fact]
    public void A_silent_router_holds_the_judgement_up_and_fails_it_at_the_end_by_its_name()
    {
        var reports = new RouterReports([Said("router-1", 100), new("router-2", null)], []);
        Assert.Equal(Verdict.Wait, reports.Judge(Sessions, isLast: false).Verdict);
        var last = reports.Judge(Sessions, isLast: true);
        Assert.Equal(Verdict.Fail, last.Verdict);
        Assert.Contains("router-2 does not say", last.Reason);
        Assert.DoesNotContain("router-1", last.Reason);
        Assert.Contains("router-1, router-2 do not say", new RouterReports([new("router-1", null), new("router-2", null)], []).Judge(Sessions, isLast: true).Reason);
    }

    [Fact]
    public void A_candidate_that_breaks_fails_also_while_a_router_is_silent()
    {
        var broken = Report("a", 100) with { Candidate = Arm(100) with { Errors = 100 } };
        Assert.StartsWith("error rate", new RouterReports([new("router-1", broken), new("router-2", null)], []).Judge(Sessions, isLast: false).Reason);
    }

    [Fact]
    public void A_router_that_began_again_fails_the_change_whatever_it_counts_by_now()
    {
        var first = new RouterReports([Said("router-1", 2), Said("router-2", 2)], []);
        var silent = new RouterReports([new("router-1", null), Said("router-2", 3)], first.Sightings);
        Assert.Equal(Verdict.Wait, silent.Judge(Sessions, isLast: false).Verdict);
        var back = new RouterReports([Said("router-1", 50, "another"), Said("router-2", 3)], silent.Sightings).Judge(Sessions, isLast: false);
        Assert.Equal(new(Verdict.Fail, "router-1 was restarted while it tried the change."), back);
    }

    [Fact]
    public void Counts_that_go_back_fail()
    {
        var first = new RouterReports([Said("router-1", 3)], []);
        Assert.Equal(Verdict.Fail, new RouterReports([Said("router-1", 2)], first.Sightings).Judge(1, isLast: false).Verdict);
        Assert.Equal(Verdict.Pass, new RouterReports([Said("router-1", 3)], first.Sightings).Judge(1, isLast: false).Verdict);
    }

    private static RouterReport Said(string router, int sessions, string run = "a") => new(router, Report(run, sessions));

    private static CanaryReport Report(string run, int sessions) => new("p", Arm(sessions), Arm(sessions), run);

    private static ArmReport Arm(int sessions) => ArmReport.Empty with { Sessions = sessions, Own = new(sessions, -sessions, sessions) };
}
