using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using Router.Api.Tests.Console.Governance;
using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console.SelfPrompt;

/// <summary>The page of self-improvement over an agent and a governance of the test's.</summary>
public sealed class SelfPromptPageTests(Browser browser) : ConsoleTest(browser)
{
    private readonly FakeAgent _agent = new();
    private readonly FakeGovernance _governance = new();

    protected override void Map(WebApplication app)
    {
        _agent.Map(app);
        _governance.Map(app);
    }

    [SkippableFact]
    public async Task How_the_agent_stands_is_told()
    {
        var page = await VisitAsync();
        foreach (var told in new[] { "on, as self", "running", "mesh of the mesh", "in 1\u00a0h 30\u00a0min", "200 calls, 400,000 tokens, 30\u00a0min", "0 runs" })
            await Expect(page.Locator("#agent")).ToContainTextAsync(told);
        await Expect(page.Locator("#no-runs")).ToBeVisibleAsync();
        await Expect(page.Locator("#no-report")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Self-improvement" })).ToHaveAttributeAsync("aria-current", "page");
    }

    [SkippableTheory, InlineData("", null), InlineData("config_tuning", "config_tuning")]
    public async Task A_run_begins_and_its_steps_come_as_they_are_written(string choice, string? kind)
    {
        var page = await VisitAsync();
        await page.GetByLabel("What to look for").SelectOptionAsync(choice);
        await Button(page, "Begin").ClickAsync();
        await Expect(page.Locator("#begun")).ToHaveTextAsync("00000000: Look for what could be better.");
        Assert.Equal([kind], _agent.Asked);
        var card = page.Locator("#runs .card");
        await Expect(card.Locator(".state")).ToHaveTextAsync("begun");
        _agent.Step($"{0:x32}", "analyse", "1 of config_tuning: the evidence gate would be better by 0.24 nats a token.");
        await Expect(card.Locator(".steps li").Nth(1)).ToContainTextAsync("better by 0.24");
        await Expect(card.Locator(".found")).ToHaveTextAsync("Findings: 1 of config_tuning: the evidence gate would be better by 0.24 nats a token.");
        _agent.Step($"{0:x32}", "validate-gate", "It holds.");
        await Expect(card.Locator(".state")).ToHaveTextAsync("tried: gate");
        _agent.End($"{0:x32}", "refused_in_validation");
        await Expect(card.Locator(".state")).ToHaveTextAsync("refused in validation");
        await Expect(card.Locator(".found p").Last).ToHaveTextAsync("It is over.");
        await Expect(card.Locator(".steps li")).ToHaveCountAsync(4);
    }

    [SkippableFact]
    public async Task A_proposal_is_a_link_to_its_card()
    {
        var hash = _governance.Propose("self", new { kind = "set_ensemble", ensemble = new { k = 4 } }, "Better.", status: "promoted")["hash"]!.GetValue<string>();
        for (var other = 0; other < 12; other++)   // more than are listed
            _governance.Propose("alice", new { kind = "set_phase", phase = other % 4 }, $"Other {other}.", status: "withdrawn");
        _agent.Step(_agent.Begin(), "review", "Proposed, people decide.", hash);
        var page = await VisitAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = $"Its proposal {hash[..12]}" }).ClickAsync();
        var title = page.Locator("#ended .card h4", new() { HasText = "Set Experts per token (K) to 4" });
        await Expect(title).ToBeFocusedAsync();
        await Expect(title).ToBeInViewportAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Self-improvement" }).ClickAsync();
        await Expect(page.Locator("#runs .card")).ToBeVisibleAsync();
        await Expect(page.Locator("#governance")).ToBeHiddenAsync();
    }

    [SkippableFact]
    public async Task Promised_against_measured_is_a_picture_for_each_measure_and_the_same_in_numbers()
    {
        _agent.End(_agent.Begin(), "kept", FakeAgent.Estimate(0.24, 0.2, 0.28), FakeAgent.Estimate(0.26, 0.19, 0.33), true);
        _agent.End(_agent.Begin(), "promise_broken", FakeAgent.Estimate(0.1, 0.05, 0.15), FakeAgent.Estimate(-0.05, -0.1, 0.01), false);
        _agent.End(_agent.Begin(), "undone_by_canary", FakeAgent.Estimate(4, 2, 6, "token_p99_ms", "ms"));
        _agent.End(_agent.Begin(), "nothing_found");
        var page = await VisitAsync();
        var pictures = page.Locator("#selfprompt figure svg");
        await Expect(pictures).ToHaveCountAsync(2);
        await Expect(page.Locator("#selfprompt figcaption")).ToContainTextAsync([new Regex("token p99 ms, ms"), new Regex("perplexity, nats a token")]);
        await Expect(pictures.Last.Locator("text.verdict")).ToHaveTextAsync(["not kept", "kept"]);
        await Expect(pictures.First.Locator("text.verdict")).ToHaveTextAsync("not measured yet");
        await Expect(pictures.Last).ToHaveAttributeAsync("aria-label", new Regex(Regex.Escape("promised +0.24 (+0.2 to +0.28) nats a token, measured +0.26 (+0.19 to +0.33) nats a token, kept")));

        // The intervals of one picture stand on one axis: what is less is further left, zero between what is worse and what is better.
        var zero = await CentreAsync(pictures.Last.Locator("line.zero"));
        var broken = await CentreAsync(pictures.Last.Locator("path.measured.false"));
        var kept = await CentreAsync(pictures.Last.Locator("path.measured.true"));
        var promises = pictures.Last.Locator("circle.promised");
        var (less, more) = (await CentreAsync(promises.First), await CentreAsync(promises.Last));
        Assert.True(broken < zero && zero < less && less < more && more < kept, $"{broken} {zero} {less} {more} {kept}");
        Assert.Equal((less - zero) / 0.1, (more - zero) / 0.24, 1.0);

        await page.GetByText("The same in numbers").ClickAsync();
        await Expect(page.Locator("#report tbody tr")).ToHaveCountAsync(3);
        await Expect(page.Locator("#report tbody tr").Last).ToContainTextAsync("+0.24 (+0.2 to +0.28) nats a token+0.26 (+0.19 to +0.33) nats a tokenkeptkept");
        await Expect(page.Locator("#report tbody tr").First).ToContainTextAsync("–not measured yetundone by its canary");

        static async Task<double> CentreAsync(ILocator mark)
        {
            var box = await mark.EvaluateAsync<double[]>("mark => { const box = mark.getBoundingClientRect(); return [box.left, box.width]; }");
            return box[0] + box[1] / 2;
        }
    }

    [SkippableFact]
    public async Task A_run_that_ends_enters_the_picture()
    {
        var run = _agent.Begin();
        var page = await VisitAsync();
        await Expect(page.Locator("#no-report")).ToBeVisibleAsync();
        _agent.End(run, "kept", FakeAgent.Estimate(0.24, 0.2, 0.28), FakeAgent.Estimate(0.26, 0.19, 0.33), true);
        await Expect(page.Locator("#selfprompt figure text.verdict")).ToHaveTextAsync("kept");
    }

    [SkippableFact]
    public async Task Nobody_is_asked_while_the_page_is_not_shown()
    {
        _agent.Begin();
        var page = await VisitAsync();
        await page.Clock.InstallAsync();
        await page.ReloadAsync();
        await Expect(page.Locator("#runs .card")).ToBeVisibleAsync();
        await AgainAsync();   // a run goes on
        await page.EvaluateAsync("() => Object.defineProperty(document, 'hidden', { value: true, configurable: true })");
        await SilentAsync();
        await page.EvaluateAsync("() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); }");
        await AgainAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Chat" }).ClickAsync();
        await SilentAsync();

        async Task AgainAsync()
        {
            await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await page.RunAndWaitForRequestAsync(() => page.Clock.FastForwardAsync(2000), r => r.Url.EndsWith("/selfprompt/runs", StringComparison.Ordinal));
        }

        async Task SilentAsync()
        {
            // A look that was on its way when the page went may still arrive; a page that goes on has one in each of these minutes.
            var isSilent = false;
            for (var minute = 0; minute < 5 && !isSilent; minute++)
            {
                var looks = _agent.Looks;
                await page.Clock.FastForwardAsync(60_000);
                await page.EvaluateAsync("() => fetch('/selfprompt/status')");   // asked after what the page would ask
                isSilent = looks == _agent.Looks;
            }
            Assert.True(isSilent);
        }
    }

    [SkippableFact]
    public async Task An_agent_that_is_away_and_a_halted_mesh_are_told()
    {
        _agent.Begin();
        var page = await VisitAsync();
        _agent.IsAway = true;
        await Expect(page.Locator("#selfprompt-failure")).ToHaveTextAsync("The agent does not answer: The self-prompt agent does not answer. The mesh answers on without it.");
        await Expect(page.Locator("#runs .card")).ToBeVisibleAsync();   // what was seen last stays
        (_agent.IsAway, _agent.Mesh) = (false, "halted");
        await page.ReloadAsync();
        await Expect(page.Locator("#agent")).ToContainTextAsync("halted: no run begins until people resume");
        await Button(page, "Begin").ClickAsync();
        await Expect(page.Locator("#begin-failure")).ToHaveTextAsync("The mesh is halted.");
        await Expect(page.Locator("#selfprompt-failure")).ToBeEmptyAsync();
        Forget("503");
    }

    [SkippableFact]
    public async Task Hostile_findings_and_names_stay_text()
    {
        const string Hostile = "<img src=x onerror=alert(1)><script>document.title='run'</script>";
        var run = _agent.Begin(Hostile);
        _agent.Step(run, "analyse", $"1 of config_tuning: {Hostile}");
        _agent.Step(run, "propose", Hostile, Hostile);
        _agent.Mesh = Hostile;
        _agent.End(_agent.Begin(), "kept", FakeAgent.Estimate(0.2, 0.1, 0.3, Hostile, Hostile), FakeAgent.Estimate(0.2, 0.1, 0.3, Hostile, Hostile), true, Hostile);
        var page = await VisitAsync();
        await Expect(page.Locator("#runs .card .steps").Last).ToContainTextAsync(Hostile);
        await Expect(page.Locator("#runs .card h4").Last).ToHaveTextAsync(Hostile);
        await Expect(page.Locator("#selfprompt figcaption")).ToContainTextAsync(Hostile);
        await Expect(page.Locator("#report")).ToContainTextAsync(Hostile);
        Assert.Equal(0, await page.Locator("#selfprompt :is(img, script), [onerror]").CountAsync());
        Assert.Equal($"#governance/{Hostile}", await page.Locator("#runs a").GetAttributeAsync("href"));
        Assert.Equal("Mesh console", await page.TitleAsync());
    }

    public static TheoryData<int, int, ColorScheme> Views => AccessibilityTests.Views;

    [SkippableTheory, MemberData(nameof(Views))]
    public async Task No_state_of_the_page_has_a_violation(int width, int height, ColorScheme scheme)
    {
        var page = await VisitAsync(scheme, width, height);
        await CheckAsync(page, "empty");
        _agent.End(_agent.Begin(), "kept", FakeAgent.Estimate(0.24, 0.2, 0.28), FakeAgent.Estimate(0.26, 0.19, 0.33), true);
        _agent.End(_agent.Begin(), "promise_broken", FakeAgent.Estimate(0.1, 0.05, 0.15), FakeAgent.Estimate(-0.05, -0.1, 0.01), false);
        _agent.Step(_agent.Begin(), "review", "Proposed, people decide.", "0123456789abcdef");
        _agent.Mesh = "halted";
        await page.ReloadAsync();
        await Expect(page.Locator("#selfprompt figure")).ToBeVisibleAsync();
        await page.GetByText("The same in numbers").ClickAsync();
        await CheckAsync(page, "runs");
        Assert.Equal((0, 0), (await OverflowAsync("html"), await OverflowAsync("#selfprompt")));
        _agent.IsAway = true;
        await Expect(page.Locator("#selfprompt-failure")).Not.ToBeEmptyAsync();
        await CheckAsync(page, "away");
        Forget("503");

        Task<int> OverflowAsync(string part) => page.Locator(part).EvaluateAsync<int>("part => part.scrollWidth - part.clientWidth");
    }

    private async Task<IPage> VisitAsync(ColorScheme scheme = ColorScheme.Light, int width = 1366, int height = 900)
    {
        var page = await OpenAsync(scheme, width, height);
        await page.GetByRole(AriaRole.Link, new() { Name = "Self-improvement" }).ClickAsync();
        await Expect(page.Locator("#agent")).ToContainTextAsync("on, as self");
        return page;
    }
}
