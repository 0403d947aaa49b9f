using Mesh.Governance.Members;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console.Governance;

public sealed class ProposalTests(Browser browser) : GovernanceTest(browser)
{
    private static readonly object SetK = new { kind = "set_ensemble", ensemble = new { k = 2 } };

    [SkippableTheory, InlineData("Approve", "approve"), InlineData("Reject", "reject")]
    public async Task A_vote_is_signed_here_and_checked_there(string button, string choice)
    {
        var page = await VisitAsync("bob", Role.Approver);
        var hash = Governance.Propose("alice", SetK, "Less work a token.")["hash"]!.GetValue<string>();
        var card = page.Locator("#waiting .card");
        await Expect(card).ToContainTextAsync("Less work a token.");
        await Expect(card.Locator(".changes tbody tr")).ToHaveTextAsync("routing.ensemble.kas the routers have it2");
        await Expect(card).ToContainTextAsync("0 of 2 approvals · may still vote: bob");
        await card.GetByLabel("Reason of your vote, if you like").FillAsync("Seen.");
        await card.GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync();
        await Expect(page.Locator("#open .card")).ToContainTextAsync($"You voted: {choice}.");
        await Expect(page.Locator("#no-waiting")).ToBeVisibleAsync();
        var (_, vote, signers) = Taken($"{hash}/votes");
        Assert.Equal(["bob"], signers);
        Assert.Equal((hash, choice, "bob", "Seen."), (vote.GetProperty("proposal").GetString(), vote.GetProperty("choice").GetString(), vote.GetProperty("voter").GetString(), vote.GetProperty("reason").GetString()));
    }

    /// <summary>A vote signs a hash: whatever governance shows beside it, a person reads the text of that hash.</summary>
    [SkippableFact]
    public async Task What_is_voted_on_is_drawn_from_what_was_signed()
    {
        var page = await VisitAsync("bob", Role.Approver);
        var proposal = Governance.Propose("alice", SetK, "Less work a token.");
        lock (Governance.Proposals)
        {
            proposal["operation"] = new System.Text.Json.Nodes.JsonObject { ["kind"] = "release_expert", ["expert"] = "gamma" };
            proposal["reason"] = "Harmless.";
        }
        var card = page.Locator("#waiting .card");
        await Expect(card.GetByRole(AriaRole.Button, new() { Name = "Approve" })).ToBeVisibleAsync();
        await Expect(card.GetByRole(AriaRole.Heading)).ToHaveTextAsync("Set Experts per token (K) to 2");
        await Expect(card).ToContainTextAsync("Less work a token.");
        await Expect(card).Not.ToContainTextAsync("Harmless.");
        await card.GetByText("As it was signed").ClickAsync();
        await Expect(card.Locator("details code")).ToHaveTextAsync("""{"ensemble":{"k":2},"kind":"set_ensemble"}""");
    }

    [SkippableFact]
    public async Task A_proposal_whose_text_is_not_what_its_hash_is_of_is_not_signed()
    {
        var page = await VisitAsync("bob", Role.Approver);
        lock (Governance.Proposals)
        {
            Governance.Propose("alice", SetK, "Less work a token.");
            Governance.Propose("alice", new { kind = "remove_expert", expert = "gamma" }, "It failed.");
            Governance.Ledger.Entries[^1] = Governance.Ledger.Entries[^2];
        }
        var card = page.Locator("#waiting .card").First;
        await Expect(card).ToContainTextAsync("It is not signed here, since its text in the ledger cannot be checked: The ledger has another text there than this hash is of.");
        await Expect(card.Locator(".actions :is(button, code)")).ToHaveCountAsync(0);
        await Expect(page.Locator("#waiting .card").Last.GetByRole(AriaRole.Button, new() { Name = "Approve" })).ToBeVisibleAsync();
    }

    [SkippableFact]
    public async Task Whoever_proposed_withdraws_and_does_not_vote()
    {
        var page = await VisitAsync("alice", Role.Deployer, Role.Approver);
        var hash = Governance.Propose("alice", SetK, "Mine.")["hash"]!.GetValue<string>();
        var card = page.Locator("#open .card");
        await card.GetByRole(AriaRole.Button, new() { Name = "Withdraw" }).ClickAsync();
        await page.GetByText("Ended lately").ClickAsync();
        await Expect(page.Locator("#ended .card")).ToContainTextAsync("withdrawn");
        Assert.Equal("alice", Taken($"{hash}/withdrawal").Act.GetProperty("member").GetString());
    }

    [SkippableFact]
    public async Task Without_an_enrolled_key_the_commands_are_shown()
    {
        var hash = Governance.Propose("alice", SetK, "Less work.")["hash"]!.GetValue<string>();
        var page = await VisitAsync();
        await Expect(page.Locator("#open .actions code")).ToHaveTextAsync([$"mesh approve {hash}", $"mesh reject {hash} --reason ...", $"mesh withdraw {hash}"]);
        await page.Locator("#open").GetByRole(AriaRole.Button, new() { Name = $"Copy mesh approve {hash}" }).ClickAsync();
        await Expect(page.Locator("#announce")).ToHaveTextAsync("Copied.");
        Assert.Equal($"mesh approve {hash}", await page.EvaluateAsync<string>("navigator.clipboard.readText()"));
    }

    [SkippableFact]
    public async Task A_browser_without_Ed25519_shows_the_commands()
    {
        Governance.Propose("alice", SetK, "Less work.");
        var page = await VisitAsync();
        await page.AddInitScriptAsync("crypto.subtle.generateKey = () => Promise.reject(new DOMException('no', 'NotSupportedError'))");
        await page.ReloadAsync();
        await Expect(page.Locator("#identity")).ToContainTextAsync("This browser makes no Ed25519 keys");
        await Expect(page.Locator("#key-form")).ToBeHiddenAsync();
        await Expect(page.Locator("#open .actions code").First).ToContainTextAsync("mesh approve");
    }

    [SkippableFact]
    public async Task A_proposal_is_signed_only_after_its_dry_run()
    {
        var page = await VisitAsync("alice", Role.Deployer);
        var sign = Button(page, "Sign and propose");
        await Expect(sign).ToBeDisabledAsync();
        await page.Locator("#propose").GetByLabel("Experts per token (K)").FillAsync("2");
        await page.Locator("#propose-reason").FillAsync("Less work a token.");
        await Button(page, "Dry run").ClickAsync();
        await Expect(page.Locator("#plan")).ToContainTextAsync("routing.ensemble.k");
        await Expect(page.Locator("#plan")).ToContainTextAsync("Reaches 3 experts, 3 nodes, 100% of the sessions. All sessions.");
        await page.Locator("#propose").GetByLabel("Experts per token (K)").FillAsync("3");
        await Expect(sign).ToBeDisabledAsync();
        await Button(page, "Dry run").ClickAsync();
        await sign.ClickAsync();
        await Expect(page.Locator("#open .card")).ToContainTextAsync("Set Experts per token (K) to 3");
        var act = Taken("/proposals").Act;
        Assert.Equal("""{"ensemble":{"k":3},"kind":"set_ensemble"}""", act.GetProperty("operation").GetRawText());
        Assert.Equal(48 * 3600, act.GetProperty("deadline").GetInt64() - act.GetProperty("created").GetInt64());
    }

    [SkippableTheory]
    [InlineData("revoke_api_key", "ann", "It leaked.", null, """{"key":"ann","kind":"revoke_api_key","why":"It leaked."}""", "Revoke the API key ann")]
    [InlineData("restore_api_key", "ann", null, null, """{"key":"ann","kind":"restore_api_key"}""", "Restore the API key ann")]
    [InlineData("set_rate_limit", "ann", null, "60", """{"key":"ann","kind":"set_rate_limit","per_minute":60}""", "Limit the API key ann to 60 requests a minute")]
    [InlineData("set_rate_limit", null, null, "0", """{"kind":"set_rate_limit","per_minute":0}""", "Take the rate limit of every other caller away")]
    public async Task Who_may_ask_and_how_often_is_proposed_here(string kind, string? key, string? why, string? limit, string operation, string title)
    {
        var page = await VisitAsync("alice", Role.Deployer);
        await page.Locator("#kind").SelectOptionAsync(kind);
        foreach (var (label, value) in new[] { ("API key's name", key), ("Why", why), ("Requests a minute; 0 takes the limit away", limit) })
            if (value is not null)
                await page.Locator("#fields").GetByLabel(label).FillAsync(value);
        await page.Locator("#propose-reason").FillAsync("For security.");
        await Button(page, "Dry run").ClickAsync();
        await Button(page, "Sign and propose").ClickAsync();
        await Expect(page.Locator("#open .card h4")).ToHaveTextAsync(title);
        Assert.Equal(operation, Taken("/proposals").Act.GetProperty("operation").GetRawText());
        Assert.NotNull(System.Text.Json.JsonSerializer.Deserialize(operation, Mesh.Governance.GovernanceJson.Default.Operation));
    }

    [SkippableFact]
    public async Task A_refused_dry_run_is_not_signed_and_a_problem_is_told_in_words()
    {
        var page = await VisitAsync("alice", Role.Deployer);
        Governance.DryRun = _ => new { refused = "gamma is no expert here." };
        await page.Locator("#kind").SelectOptionAsync("quarantine_expert");
        await page.Locator("#fields").GetByLabel("Expert").FillAsync("gamma");
        await page.Locator("#fields").GetByLabel("Why").FillAsync("It repeats itself.");
        await page.Locator("#propose-reason").FillAsync("It repeats itself.");
        await Button(page, "Dry run").ClickAsync();
        await Expect(page.Locator("#plan")).ToContainTextAsync("Dry run: gamma is no expert here.");
        await Expect(Button(page, "Sign and propose")).ToBeDisabledAsync();

        Governance.DryRun = _ => new { diff = Array.Empty<object>() };
        await page.Locator("#fields").GetByLabel("Why").FillAsync("It repeats.");
        await Button(page, "Dry run").ClickAsync();
        await page.RouteAsync("**/governance/proposals", async route =>
        {
            if (route.Request.Method == "POST")
                await route.FulfillAsync(new() { Status = 503, ContentType = "application/problem+json", Body = """{"detail":"Recorded as entry 7.","code":"quorum_unavailable","index":7}""" });
            else
                await route.ContinueAsync();
        });
        await Button(page, "Sign and propose").ClickAsync();
        await Expect(page.Locator("#propose-failure")).ToHaveTextAsync("Recorded as entry 7. It is recorded, and takes effect by itself when enough nodes agree again.");
        Forget("503");
    }

    [SkippableFact]
    public async Task A_running_deployment_is_followed()
    {
        var proposal = Governance.Propose("alice", SetK, "Less work.", status: "deploying");
        Put(10, "wait", "10 sessions were measured.");
        var page = await VisitAsync();
        var card = page.Locator("#open .card");
        await Expect(card).ToContainTextAsync("Candidate: 10 of 30 sessions");
        await Expect(card).ToContainTextAsync("Canary: 1.0% of the sessions");
        await Expect(card.Locator(".gates tbody tr").First).ToHaveTextAsync("Errors10%0%");
        Put(30, "pass", "30 sessions against 30.");
        await Expect(card.GetByLabel("Candidate")).ToHaveJSPropertyAsync("value", 30);
        await Expect(card).ToContainTextAsync("Passed: 30 sessions against 30.");

        void Put(int sessions, string verdict, string reason)
        {
            object Arm(int errors) => new { sessions, errors, latencies = new[] { 0, 5, 0 }, own = new { count = sessions, sum = -sessions / 2.0, squares = 1 }, prompt = new { count = 0, sum = 0, squares = 0 }, feedback = new { count = 0, sum = 0, squares = 0 } };
            Governance.Report(proposal, new { share = 0.01, sessions = 30, control = Arm(0), candidate = Arm(1), verdict, reason });
        }
    }

    [SkippableFact]
    public async Task Hostile_names_and_texts_stay_text()
    {
        const string Hostile = "<img src=x onerror=alert(1)><script>document.title='run'</script>";
        Governance.DryRun = _ => new { diff = new[] { new { path = Hostile, before = Hostile, after = Hostile } }, blast_radius = new { experts = 1, sessions_share = 1, nodes = 1, text = Hostile } };
        var proposal = Governance.Propose(Hostile, new { kind = "quarantine_expert", expert = Hostile, why = Hostile }, Hostile);
        foreach (var field in new[] { "tier", "domain", "outcome" })
            proposal[field] = Hostile;
        proposal["votes"]!.AsArray().Add(new System.Text.Json.Nodes.JsonObject { ["voter"] = Hostile, ["choice"] = "reject", ["reason"] = Hostile });
        Governance.Propose("alice", new { kind = Hostile }, "Unknown.");
        Governance.Halt(Hostile, Hostile);
        var page = await VisitAsync();
        await Expect(page.Locator("#open .card").Last).ToContainTextAsync(Hostile);
        await Expect(page.Locator("#open .card").Last.Locator(".changes td").First).ToHaveTextAsync(Hostile);
        await Expect(page.Locator("#halted")).ToContainTextAsync(Hostile);
        Assert.Equal(0, await page.Locator("#governance :is(img, script), #halted :is(img, script), [onerror]").CountAsync());
        Assert.Equal("Mesh console", await page.TitleAsync());
    }
}
