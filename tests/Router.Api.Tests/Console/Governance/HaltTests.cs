using Mesh.Governance.Members;
using Mesh.Ledger.Signing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console.Governance;

public sealed class HaltTests(Browser browser) : GovernanceTest(browser)
{
    [SkippableTheory, InlineData("halt"), InlineData(FakeGovernance.Mesh)]
    public async Task A_halt_is_asked_twice_and_shown_over_the_whole_console(string word)
    {
        var page = await VisitAsync("olga", Role.Oncall);
        await Button(page, "Halt…").ClickAsync();
        var now = Button(page, "Halt now");
        await Expect(now).ToBeDisabledAsync();
        await page.Locator("#halt-reason").FillAsync("It insults people.");
        await Expect(now).ToBeDisabledAsync();
        await page.Locator("#halt-word").FillAsync("hal");
        await page.Keyboard.PressAsync("Enter");   // neither the button nor Enter does it half typed
        await Expect(now).ToBeDisabledAsync();
        Assert.Empty(Governance.Taken);
        await page.Locator("#halt-word").FillAsync(word);
        await now.ClickAsync();
        await Expect(page.Locator("#halt-told")).ToHaveTextAsync("Halted. Reached: router, worker. Not reached: governance.");
        Assert.Equal("It insults people.", Taken("/halt").Act.GetProperty("reason").GetString());
        await Expect(page.Locator("#halted")).ToContainTextAsync("by olga");
        await page.GetByRole(AriaRole.Link, new() { Name = "Chat" }).ClickAsync();
        await Expect(page.Locator("#halted")).ToContainTextAsync("It insults people.");
        await Expect(Question(page)).ToBeInViewportAsync(new() { Ratio = 1 });
    }

    [SkippableFact]
    public async Task Whoever_changes_their_mind_halts_nothing()
    {
        var page = await VisitAsync("olga", Role.Oncall);
        await Button(page, "Halt…").ClickAsync();
        await page.Locator("#halt-reason").FillAsync("Why?");
        await page.Locator("#halt-word").FillAsync("halt");
        await Button(page, "Do not halt").ClickAsync();
        await Expect(page.Locator("#halt-dialog")).ToBeHiddenAsync();
        await Button(page, "Halt…").ClickAsync();
        await Expect(page.Locator("#halt-word")).ToHaveValueAsync("");
        Assert.Empty(Governance.Taken);
    }

    [SkippableFact]
    public async Task Who_may_not_halt_is_shown_a_command_that_a_shell_takes_as_it_is_meant()
    {
        var page = await VisitAsync();
        await Button(page, "Halt…").ClickAsync();
        await Expect(Button(page, "Halt now")).ToBeHiddenAsync();
        await page.Locator("#halt-reason").FillAsync("it's $(reboot) `now`");
        await Expect(page.Locator("#halt-dialog code").First).ToHaveTextAsync("""mesh halt --reason 'it'\''s $(reboot) `now`'""");
    }

    [SkippableFact]
    public async Task The_banner_is_drawn_of_what_the_router_itself_says()
    {
        var page = await OpenAsync();
        await page.RouteAsync("**/mesh/status", async route =>
        {
            var body = System.Text.Json.Nodes.JsonNode.Parse(await (await route.FetchAsync()).TextAsync())!;
            body["governance"] = System.Text.Json.Nodes.JsonNode.Parse("""{"lease":"lost","halted":true,"halts":[{"id":"00","requester":"olga","reason":"It insults people.","time":1800000000}]}""");
            await route.FulfillAsync(new() { ContentType = "application/json", Body = body.ToJsonString() });
        });
        await Expect(page.Locator("#halted")).ToContainTextAsync("by olga on 15 Jan 2027");
        await page.UnrouteAllAsync(new() { Behavior = UnrouteBehavior.Wait });
    }

    [SkippableFact]
    public async Task Two_members_resume_and_none_of_them_halted()
    {
        var page = await VisitAsync("anna", Role.Approver);
        using var bob = SigningKey.Create("bob");
        using var olga = SigningKey.Create("olga");
        Governance.Enroll(bob.Verifier.Text, Role.Admin);
        Governance.Enroll(olga.Verifier.Text, Role.Oncall);
        Governance.Halt("olga", "It insults people.");
        await page.Locator("#resume-reason").FillAsync("Gate file replaced.");
        await Button(page, "Start a note").ClickAsync();
        await Expect(page.Locator("#resume-note")).Not.ToHaveValueAsync("");
        var first = SignedNote.Parse(await page.Locator("#resume-note").InputValueAsync());

        // One's own signature twice, and that of who halted, are no second.
        await Button(page, "Add my signature").ClickAsync();
        await Expect(page.Locator("#announce")).ToHaveTextAsync("Signed by anna: one more is needed.");
        await page.Locator("#resume-note").FillAsync(SignedNote.Sign(first.Text, olga).ToString());
        await Button(page, "Add my signature").ClickAsync();
        await Expect(page.Locator("#resume-failure")).ToHaveTextAsync("No member of this mesh has signed this note.");
        Assert.Empty(Governance.Taken);

        await page.Locator("#resume-note").FillAsync(SignedNote.Sign(first.Text, bob).ToString());
        await Button(page, "Add my signature").ClickAsync();
        await Expect(page.Locator("#resume")).ToBeHiddenAsync();
        await Expect(page.Locator("#halted")).ToBeHiddenAsync();
        Assert.Equal(["anna", "bob"], Taken("/resume").Signers.Order());
        Assert.Equal("Gate file replaced.", Taken("/resume").Act.GetProperty("reason").GetString());
    }

    [SkippableFact]
    public async Task A_note_of_another_halt_or_of_no_form_is_not_signed()
    {
        var page = await VisitAsync("anna", Role.Approver);
        using var bob = SigningKey.Create("bob");
        Governance.Enroll(bob.Verifier.Text, Role.Admin);
        Governance.Halt("olga", "It insults people.");
        foreach (var (note, told) in new[]
        {
            ("nothing", "A note is a text, an empty line, and signatures."),
            (SignedNote.Sign("mesh-vote/v1\n{\"mesh\":\"home\"}\n", bob).ToString(), "This is no note of a resume."),
            (SignedNote.Sign("mesh-resume/v1\n{\"halts\":[],\"mesh\":\"other\"}\n", bob).ToString(), "This note is of the mesh \"other\"."),
            (SignedNote.Sign("mesh-resume/v1\n{\"halts\":[\"00\"],\"mesh\":\"home\"}\n", bob).ToString(), "This note is not about every halt that holds: start another."),
        })
        {
            await page.Locator("#resume-note").FillAsync(note);
            await Button(page, "Add my signature").ClickAsync();
            await Expect(page.Locator("#resume-failure")).ToHaveTextAsync(told);
        }
        Assert.Empty(Governance.Taken);
    }

    [SkippableFact]
    public async Task Whoever_halted_does_not_resume()
    {
        var page = await VisitAsync("olga", Role.Oncall);
        Governance.Halt("olga", "It insults people.");
        await Expect(page.Locator("#resume-instead")).ToContainTextAsync("Two others resume");
        await Expect(page.Locator("#resume-steps")).ToBeHiddenAsync();
    }

    [SkippableFact]
    public async Task While_governance_is_down_the_page_says_so_and_a_halt_still_goes_to_the_router()
    {
        var page = await VisitAsync("olga", Role.Oncall);
        Governance.Problem = (503, "unavailable", "The governance app cannot be reached.");
        await Expect(page.Locator("#governance-failure")).ToHaveTextAsync("Governance does not answer: The governance app cannot be reached.");
        Governance.Problem = null;
        await page.RouteAsync("**/governance/{status,proposals}", route => route.FulfillAsync(new() { Status = 502 }));
        await Expect(page.Locator("#governance-failure")).ToContainTextAsync("502");
        await Button(page, "Halt…").ClickAsync();
        await page.Locator("#halt-reason").FillAsync("Now.");
        await page.Locator("#halt-word").FillAsync("halt");
        await Button(page, "Halt now").ClickAsync();
        await Expect(page.Locator("#halt-told")).ToContainTextAsync("Halted.");
        Assert.Equal("olga", Taken("/halt").Act.GetProperty("requester").GetString());
        await page.UnrouteAllAsync(new() { Behavior = UnrouteBehavior.Wait });
        await Expect(page.Locator("#governance-failure")).ToBeEmptyAsync();
        Forget("Failed to load resource");
    }
}
