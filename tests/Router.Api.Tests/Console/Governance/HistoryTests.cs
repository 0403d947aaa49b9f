using Mesh.Governance.Configurations;
using Mesh.Ledger.Signing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console.Governance;

public sealed class HistoryTests(Browser browser) : GovernanceTest(browser)
{
    private void Apply(int k, string proposer) =>
        Governance.Apply(Governance.Configuration with { Version = Governance.Configuration.Version + 1, Routing = new() { Ensemble = new() { K = k } } }, proposer);

    [SkippableTheory, InlineData(1), InlineData(2), InlineData(3), InlineData(5), InlineData(8)]
    public async Task Every_proof_of_the_history_is_verified_here(int changes)
    {
        for (var i = 1; i <= changes; i++)
            Apply(i, $"proposer{i}");
        var page = await VisitAsync();
        foreach (var item in await page.Locator("#history .card").AllAsync())
        {
            var download = await page.RunAndWaitForDownloadAsync(() => item.GetByRole(AriaRole.Button).ClickAsync());
            Assert.EndsWith("-promoted.tlog-proof", download.SuggestedFilename);
            await Expect(item.Locator(".result")).ToContainTextAsync($"of {changes}, cosigned by 3 (2 needed).");
        }
    }

    [SkippableFact]
    public async Task A_change_is_shown_with_before_after_and_who_voted()
    {
        Apply(4, "anna");
        Apply(2, "alice");
        var page = await VisitAsync();
        var item = page.Locator("#history .card").First;
        await Expect(item).ToContainTextAsync("Version 3: Promoted");
        await Expect(item).ToContainTextAsync("proposed by alice · bob: approve");
        await item.GetByText("Before and after").ClickAsync();
        await Expect(item.Locator("tbody tr")).ToHaveTextAsync("routing.ensemble.k42");
    }

    [SkippableTheory]
    [InlineData("entry", "The entry is not what the ledger's tree has there.")]
    [InlineData("shown", "The entry has another configuration than is shown here.")]
    [InlineData("witnesses", "1 of 2 witnesses cosigned it.")]
    [InlineData("liars", "2 of 3 witnesses cosigned it.")]
    [InlineData("log", "The log did not sign this checkpoint.")]
    [InlineData("changed log", "The mesh shows another log key than this browser saw first.")]
    [InlineData("garbage", "This is no proof of a ledger's entry.")]
    public async Task What_does_not_hold_is_not_verified(string fault, string told)
    {
        if (fault == "liars")
            (Governance.Configuration, Governance.Ledger.Cosigners) = (Governance.Configuration with { Policy = new() { WitnessLiars = 1 } }, 2);
        Apply(2, "anna");
        Apply(3, "alice");
        using var other = SigningKey.Create($"mesh/{FakeGovernance.Mesh}");
        if (fault == "witnesses")
            Governance.Ledger.Cosigners = 1;
        if (fault == "log")
            Governance.LogKey = other.Verifier.Text;
        if (fault == "shown")
            Governance.History[0]!["after"]!["routing"]!["ensemble"]!["k"] = 1;
        var page = await VisitAsync();
        var item = page.Locator("#history .card").First;
        if (fault == "changed log")
        {
            await ProveAsync();
            await Expect(item.Locator(".result")).ToContainTextAsync("Verified here");
            Governance.LogKey = other.Verifier.Text;
            await page.ReloadAsync();
        }
        if (fault == "entry")
            await page.RouteAsync("**/ledger/entry/1", async route => await route.FulfillAsync(new() { Body = (await (await route.FetchAsync()).TextAsync()).Replace("\"lamport\":1", "\"lamport\":2") }));
        if (fault == "garbage")
            await page.RouteAsync("**/ledger/proof/**", route => route.FulfillAsync(new() { Body = "c2sp.org/tlog-proof@v1\nindex 01\n\n" }));
        await ProveAsync();
        await Expect(item.Locator(".result")).ToHaveTextAsync("Not verified: " + told);
        await Expect(item.Locator(".result")).ToHaveClassAsync("result bad");

        Task ProveAsync() => item.GetByRole(AriaRole.Button).ClickAsync();
    }
}
