using Mesh.Contracts.Experts;
using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console;

public sealed class ExpertTests(Browser browser) : ConsoleTest(browser)
{
    [SkippableFact]
    public async Task An_expert_is_taken_out_and_put_back()
    {
        var page = await OpenAsync();
        await page.GetByLabel("Take out beta").ClickAsync();
        await page.GetByLabel("Put back beta").WaitForAsync();
        await Expect(page.Locator("#status")).ToContainTextAsync("2 of 3 experts");
        await page.GetByLabel("Put back beta").ClickAsync();
        await page.GetByLabel("Take out beta").WaitForAsync();
    }

    [SkippableFact]
    public async Task A_refresh_changes_the_lines_in_place()
    {
        var page = await OpenAsync();
        var button = page.GetByLabel("Take out gamma");
        await button.FocusAsync();
        var element = await button.ElementHandleAsync();
        Router.Experts.Put("delta", ExpertState.Ready);
        await page.GetByLabel("Take out delta").WaitForAsync();
        Assert.True(await element.EvaluateAsync<bool>("e => e.isConnected && e === document.activeElement"));
        Assert.Contains("delta", await page.GetByLabel("Model").Locator("option").AllTextContentsAsync());
    }

    [SkippableFact]
    public async Task Phase_and_order_are_shown_where_batches_are_aligned()
    {
        Router.Experts.Align("beta", new("all_expected", 0.12, 3.25, 0.25, 41.4, 0.93));
        Router.Experts.Align("gamma", new("at_once", -0.03, 0, null, null, null));
        var page = await OpenAsync();
        var beta = page.Locator("#experts li").Filter(new() { HasText = "beta" });
        await Expect(beta.Locator(".alignment")).ToHaveTextAsync("waits for all expected · 3.3\u00a0sessions a batch · waiting gains 12% · phase\u00a00.25 · period\u00a041\u00a0ms · order\u00a0r\u00a0=\u00a00.93");
        await Expect(beta.Locator(".dial")).ToBeVisibleAsync();
        await Expect(beta.Locator(".dial .hand")).ToHaveAttributeAsync("transform", "rotate(90)");
        var gamma = page.Locator("#experts li").Filter(new() { HasText = "gamma" });
        await Expect(gamma.Locator(".alignment")).ToHaveTextAsync("begins at once · waiting costs 3.0%");
        await Expect(gamma.Locator(".dial")).ToBeHiddenAsync();
        await Expect(page.Locator("#experts li").Filter(new() { HasText = "alpha" }).Locator(".alignment")).ToBeHiddenAsync();
        Router.Experts.Align("beta", null);
        await Expect(beta.Locator(".alignment")).ToBeHiddenAsync();
    }

    [SkippableFact]
    public async Task A_change_that_failed_is_told()
    {
        var page = await OpenAsync();
        var button = page.GetByLabel("Take out beta");
        await button.WaitForAsync();
        await page.RouteAsync("**/mesh/experts/beta/offline", route => route.FulfillAsync(new()
        {
            Status = 503, ContentType = "application/json", Body = """{"error": {"message": "The state store is away.", "type": "server_error", "param": null, "code": "state_unavailable"}}""",
        }));
        await button.ClickAsync();
        await Expect(page.Locator("#experts-failure")).ToHaveTextAsync("The state store is away.");
        Forget("503");
    }
}
