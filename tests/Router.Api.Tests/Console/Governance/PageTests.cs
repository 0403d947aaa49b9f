using System.Text.RegularExpressions;
using Mesh.Governance.Members;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console.Governance;

/// <summary>The page as a whole: reached, kept, in every width and theme without a violation.</summary>
public sealed class PageTests(Browser browser) : GovernanceTest(browser)
{
    /// <summary>As the tool takes it.</summary>
    [SkippableFact]
    public async Task Who_is_not_enrolled_is_shown_the_command_that_does_it()
    {
        var page = await VisitAsync();
        await page.GetByLabel("Your name in the mesh").FillAsync("bob");
        await Button(page, "Make a key").ClickAsync();
        var key = await page.Locator("#vkey").TextContentAsync();
        await Expect(page.Locator("#identity .hint code")).ToHaveTextAsync($"mesh member add bob --key {key} --role approver");
    }

    [SkippableFact]
    public async Task The_key_survives_a_reload_and_can_be_forgotten()
    {
        var page = await VisitAsync("alice", Role.Approver);
        var key = await page.Locator("#vkey").TextContentAsync();
        await page.ReloadAsync();   // and #governance opens the page by itself
        await Expect(page.Locator("#vkey")).ToHaveTextAsync(key!);
        await Button(page, "Forget the key").ClickAsync();
        await Button(page, "Keep it").ClickAsync();
        await Button(page, "Forget the key").ClickAsync();
        await Button(page, "Forget it for good").ClickAsync();
        await Expect(page.GetByLabel("Your name in the mesh")).ToBeFocusedAsync();
        await page.ReloadAsync();
        await Expect(page.Locator("#key-form")).ToBeVisibleAsync();
    }

    [SkippableFact]
    public async Task A_look_at_the_mesh_takes_no_text_and_no_focus_away()
    {
        var page = await VisitAsync("bob", Role.Approver);
        Governance.Propose("alice", new { kind = "set_phase", phase = 2 }, "First.");
        var reason = Card(page, "Go to phase 2").GetByLabel("Reason of your vote, if you like");
        await reason.FillAsync("Half");
        Governance.Propose("alice", new { kind = "set_phase", phase = 3 }, "Second.");
        await Expect(Card(page, "Go to phase 3")).ToBeVisibleAsync();
        await Expect(reason).ToBeFocusedAsync();
        await Expect(reason).ToHaveValueAsync("Half");
    }

    [SkippableFact]
    public async Task The_state_is_told()
    {
        var page = await VisitAsync();
        foreach (var part in new[] { "held, 4\u00a0s left", "2, runs as 1 (3 of 4 experts)", "Phase 2 needs 4 experts; 3 are online.", "12 of 12 entries are committed." })
            await Expect(page.Locator("#situation")).ToContainTextAsync(part);
        await Expect(page.Locator("#situation")).ToContainTextAsync(new Regex("router\\d+\\ss ago"));
    }

    public static TheoryData<int, int, ColorScheme> Views => AccessibilityTests.Views;

    [SkippableTheory, MemberData(nameof(Views))]
    public async Task No_state_of_the_page_has_a_violation(int width, int height, ColorScheme scheme)
    {
        Governance.Apply(Governance.Configuration with { Version = 2, Routing = new() { Ensemble = new() { K = 2 } } }, "alice");
        var page = await VisitAsync(scheme, width, height);
        await CheckAsync(page, "nobody");
        await EnrollAsync(page, "bob", Role.Approver, Role.Admin);
        var running = Governance.Propose("alice", new { kind = "set_phase", phase = 3 }, "Runs.", status: "deploying");
        var arm = new { sessions = 3, errors = 0, latencies = Array.Empty<int>() };
        Governance.Report(running, new { share = 0.01, sessions = 30, control = arm, candidate = arm, verdict = "fail", reason = "p99." });
        Governance.Propose("alice", new { kind = "set_ensemble", ensemble = new { k = 2 } }, "Less work a token.");
        Governance.Propose("alice", new { kind = "remove_expert", expert = "gamma" }, "It failed.", status: "undone");
        Governance.Halt("olga", "It insults people.");
        await Expect(page.Locator("#waiting .changes")).ToBeVisibleAsync();
        await Expect(page.Locator("#open .gates")).ToBeVisibleAsync();
        await Expect(page.Locator("#resume")).ToBeVisibleAsync();
        await page.GetByText("Before and after").ClickAsync();
        await page.GetByText("Ended lately").ClickAsync();
        await page.Locator("#history").GetByRole(AriaRole.Button).ClickAsync();
        await Expect(page.Locator("#history .result")).ToContainTextAsync("Verified here");
        await CheckAsync(page, "a member");
        Assert.Equal((0, 0), (await OverflowAsync("html"), await OverflowAsync("#governance")));
        await Button(page, "Halt…").ClickAsync();
        await CheckAsync(page, "halt");
        await Button(page, "Do not halt").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Chat" }).ClickAsync();
        await CheckAsync(page, "chat while halted");

        Task<int> OverflowAsync(string part) => page.Locator(part).EvaluateAsync<int>("part => part.scrollWidth - part.clientWidth");
    }
}
