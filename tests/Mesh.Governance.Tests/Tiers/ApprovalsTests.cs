using Mesh.Governance.Acts;
using Mesh.Governance.Members;
using Mesh.Governance.Tiers;

namespace Mesh.Governance.Tests.Tiers;

public sealed class ApprovalsTests
{
    /// <param name="votes">Name and + or -.</param>
    [Theory]
    [InlineData(Tier.Suggest, "dan", "", Standing.Open)]
    [InlineData(Tier.Suggest, "dan", "ada+", Standing.Approved)]
    [InlineData(Tier.Suggest, "dan", "ada- ben-", Standing.Open)]
    [InlineData(Tier.Suggest, "dan", "ada- ben- cam-", Standing.Rejected)]
    [InlineData(Tier.SandboxTest, "dan", "", Standing.Approved)]
    [InlineData(Tier.DeployMinor, "dan", "ada+", Standing.Open)]
    [InlineData(Tier.DeployMinor, "dan", "ada+ ben-", Standing.Open)]
    [InlineData(Tier.DeployMinor, "dan", "ada+ ben- cam+", Standing.Approved)]
    [InlineData(Tier.DeployMinor, "dan", "ada- ben-", Standing.Rejected)]
    [InlineData(Tier.DeployMinor, "ben", "ada+ cam+", Standing.Approved)]
    [InlineData(Tier.DeployMinor, "ben", "ada+ ben+", Standing.Open)]
    [InlineData(Tier.DeployMinor, "ben", "ada-", Standing.Rejected)]
    [InlineData(Tier.DeployMajor, "dan", "ada+ ben+", Standing.Open)]
    [InlineData(Tier.DeployMajor, "dan", "ada+ ben+ cam+", Standing.Approved)]
    [InlineData(Tier.DeployMajor, "dan", "ada+ ben-", Standing.Rejected)]
    [InlineData(Tier.DeployMajor, "dan", "dan+ eve+ fay+ gil+", Standing.Open)]
    [InlineData(Tier.DeployMajor, "ada", "ben+ cam+", Standing.Approved)]
    public void Where_votes_stand(Tier tier, string proposer, string votes, Standing verdict)
    {
        var cast = votes.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(
            v => v[..^1], v => new CastVote(v[^1] == '+' ? VoteChoice.Approve : VoteChoice.Reject, People.Configuration.Find(v[..^1])!.Key));
        Assert.Equal(verdict, Approvals.Count(tier, By(proposer), cast, People.Configuration).Standing);
    }

    [Fact]
    public void A_vote_goes_with_the_role_and_the_key()
    {
        var cast = new[] { "ada", "ben", "cam" }.ToDictionary(n => n, n => new CastVote(VoteChoice.Approve, People.Configuration.Find(n)!.Key));
        var rotated = People.Configuration with { Members = [.. People.Configuration.Members.Select(m => m.Name == "ada" ? People.Of(People.Key("ada", 1), Role.Approver) : m)] };
        Assert.Equal(new Tally(3, 3, 2, 0), Approvals.Count(Tier.DeployMajor, By("dan"), cast, rotated));
        var demoted = People.Configuration with { Members = [.. People.Configuration.Members.Select(m => m.Name == "ada" ? m with { Roles = [Role.Admin] } : m)] };
        Assert.Equal(new Tally(2, 2, 2, 0), Approvals.Count(Tier.DeployMajor, By("dan"), cast, demoted));
    }

    [Fact]
    public void What_nobody_could_approve_is_neither_approved_nor_rejected()
    {
        var alone = People.Configuration with { Members = [People.Of(People.Ada, Role.Approver, Role.Admin)] };
        var tally = Approvals.Count(Tier.DeployMajor, By("ada"), new Dictionary<string, CastVote>(), alone);
        Assert.True(tally.IsHopeless);
        Assert.Equal(Standing.Open, tally.Standing);
    }

    [Fact]
    public void Whom_it_is_about_and_who_has_the_proposer_s_key_do_not_count()
    {
        var cast = new[] { "ada", "ben", "cam" }.ToDictionary(n => n, n => new CastVote(VoteChoice.Approve, People.Configuration.Find(n)!.Key));
        Assert.Equal(new Tally(2, 2, 2, 0), Approvals.Count(Tier.DeployMajor, By("dan") with { Subject = "cam" }, cast, People.Configuration));
        Assert.Equal(new Tally(1, 1, 1, 0), Approvals.Count(Tier.DeployMajor, By("ada") with { Subject = "cam" }, cast, People.Configuration));
        Assert.Equal(new Tally(2, 2, 2, 0), Approvals.Count(Tier.DeployMajor, By("dan") with { Key = People.Configuration.Find("cam")!.PublicKey }, cast, People.Configuration));
    }

    private static Parties By(string proposer) => new(proposer, People.Configuration.Find(proposer)!.PublicKey);
}
