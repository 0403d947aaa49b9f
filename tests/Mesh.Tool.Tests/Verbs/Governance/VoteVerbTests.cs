using Mesh.Governance.Acts;
using Mesh.Governance.State;
using Mesh.Tool.Tests.Governance;
using Microsoft.AspNetCore.Http;

namespace Mesh.Tool.Tests.Verbs.Governance;

public sealed class VoteVerbTests : ServedTests
{
    [Fact]
    public async Task A_vote_is_signed_over_what_was_read_from_the_ledger_and_shown()
    {
        var hash = await ProposeAsync();
        var ran = await Cli.RunAsync("approve", hash[..8], "--as", "ada", "--reason", "tried it");
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Equal($"{hash} open", ran.Line);
        foreach (var shown in new[] { "faster", "set_ensemble", "routing.ensemble.k", "deploy_minor", "Every mixture" })
            Assert.Contains(shown, ran.Error);
        var vote = Assert.Single(Mesh.State.Proposals[hash].Votes);
        Assert.Equal(("ada", VoteChoice.Approve, "tried it"), (vote.Key, vote.Value.Choice, vote.Value.Reason));
    }

    [Fact]
    public async Task Several_are_approved_at_once_and_answered_as_JSON()
    {
        string[] hashes = [await ProposeAsync(), await ProposeAsync("quarantine", "code", "--why", "slow")];
        var ran = await Cli.RunAsync(["approve", .. hashes, "--as", "bob", "--json"]);
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Equal(hashes, System.Text.Json.JsonElement.Parse(ran.Output).EnumerateArray().Select(p => p.GetProperty("hash").GetString()));
    }

    [Fact]
    public async Task A_terminal_is_asked_before_anything_is_signed()
    {
        var hash = await ProposeAsync();
        var no = await Cli.RunAsync(["n"], ["approve", hash, "--as", "ada"]);
        Assert.Equal(ExitCode.Refused, no.Code);
        Assert.Empty(Mesh.State.Proposals[hash].Votes);
        Assert.Equal(0, (await Cli.RunAsync(["y"], ["approve", hash, "--as", "ada"])).Code);
        Assert.Equal(0, (await Cli.RunAsync([], ["approve", hash, "--as", "bob", "--yes"])).Code);
        Assert.Equal(2, Mesh.State.Proposals[hash].Votes.Count);
    }

    [Fact]
    public async Task Refusals_come_in_plain_words_with_what_to_do()
    {
        var hash = await ProposeAsync();
        Assert.Contains("Somebody else has to", (await RefusedAsync("approve", hash, "--as", "eve")).Error);
        Assert.Equal(0, (await Cli.RunAsync("approve", hash, "--as", "ada")).Code);
        Assert.Contains("The first vote counts", (await RefusedAsync("reject", hash, "--as", "ada", "--reason", "no")).Error);
        Assert.Contains("is no approver", (await RefusedAsync("approve", hash, "--as", "sam")).Error);
        Assert.Contains("Only 'eve' can withdraw", (await RefusedAsync("withdraw", hash, "--as", "bob")).Error);
        Assert.Equal(0, (await Cli.RunAsync("withdraw", hash, "--as", "eve")).Code);
        Assert.Contains("propose it again", (await RefusedAsync("approve", hash, "--as", "bob")).Error);
    }

    [Fact]
    public async Task A_rejection_needs_a_reason()
    {
        var hash = await ProposeAsync("remove-expert", "code");
        Assert.Equal(ExitCode.Usage, (await Cli.RunAsync("reject", hash, "--as", "ada")).Code);
        Assert.Equal(0, (await Cli.RunAsync("reject", hash, "--as", "ada", "--reason", "we need it")).Code);
        await Mesh.CarryOnAsync(hash);
        Assert.Equal(ProposalStatus.Rejected, Mesh.State.Proposals[hash].Status);
        var next = await RefusedAsync("propose", "remove-expert", "arithmetic", "--as", "eve", "--reason", "x");
        Assert.Contains("`mesh propose lift DOMAIN`", next.Error);
        Assert.Equal(ExitCode.Refused, (await Cli.RunAsync("show", hash, "--wait")).Code);
    }

    /// <summary>A mesh that shows one proposal and has another signed gets no signature.</summary>
    [Fact]
    public async Task Another_proposal_in_its_place_is_not_signed()
    {
        string[] hashes = [await ProposeAsync(), await ProposeAsync("quarantine", "code", "--why", "slow")];
        var other = await Mesh.Log.FindAsync(EntryIds.Proposal(hashes[1]), default);
        Server.Instead = request => request.Path.StartsWithSegments("/ledger/entry") ? Results.Bytes(other!.Entry.Bytes.ToArray()) : null;
        var ran = await Cli.RunAsync("approve", hashes[0], "--as", "ada");
        Assert.Equal(ExitCode.Unverified, ran.Code);
        Assert.Contains("Nothing is signed", ran.Error);
        Assert.All(Mesh.State.Proposals.Values, p => Assert.Empty(p.Votes));
    }

    [Fact]
    public async Task A_terminal_shows_control_characters_as_what_they_are()
    {
        var made = await Cli.RunAsync("propose", "ensemble", "--k", "3", "--as", "eve", "--reason", "\u001b[2Jharmless\u202e");
        var ran = await Cli.RunAsync("approve", made.Line, "--as", "ada");
        Assert.Contains(@"\u001b[2Jharmless\u202e", ran.Error);
        Assert.DoesNotContain('\u202e', ran.Error);
    }

    [Fact]
    public async Task Beginnings_of_hashes_are_long_enough_and_of_one_proposal()
    {
        var hash = await ProposeAsync();
        Assert.Equal(ExitCode.Usage, (await Cli.RunAsync("show", hash[..7])).Code);
        Assert.Equal(ExitCode.Usage, (await Cli.RunAsync("show", "../../status")).Code);
        Assert.Equal(ExitCode.Refused, (await Cli.RunAsync("show", hash[0] == '0' ? "11111111" : "00000000")).Code);
        var two = """{"hash":"aaaaaaaa0","revision":"1","status":"open","tier":"suggest","proposer":"eve","operation":{},"reason":"","created":1,"deadline":2,"needed":1,"votes":[]}""";
        Server.Instead = request => request.Path == "/governance/proposals" ? Results.Text($$"""{"proposals":[{{two}},{{two.Replace("aaaaaaaa0", "aaaaaaaa1")}}]}""") : null;
        Assert.Contains("several", (await Cli.RunAsync("show", "aaaaaaaa")).Error);
    }

    private async Task<Ran> RefusedAsync(params string[] arguments)
    {
        var ran = await Cli.RunAsync(arguments);
        Assert.Equal((ExitCode.Refused, ""), (ran.Code, ran.Output));
        return ran;
    }
}
