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
