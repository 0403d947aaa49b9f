using Mesh.Governance.Members;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console.Governance;

/// <summary>The page of governance over a governance of the test's.</summary>
public abstract class GovernanceTest(Browser browser) : ConsoleTest(browser)
{
    internal FakeGovernance Governance { get; } = new();

    protected override void Map(WebApplication app) => Governance.Map(app);

    /// <summary>The page, at the tab of governance.</summary>
    protected async Task<IPage> VisitAsync(ColorScheme scheme = ColorScheme.Light, int width = 1366, int height = 900)
    {
        var page = await OpenAsync(scheme, width, height);
        await page.GetByRole(AriaRole.Link, new() { Name = "Governance", Exact = true }).ClickAsync();
        await Expect(page.Locator("#situation")).ToContainTextAsync("Witnesses, 2 needed");
        return page;
    }

    /// <summary>The page of a member with a key in this browser.</summary>
    protected async Task<IPage> VisitAsync(string member, params Role[] roles)
    {
        var page = await VisitAsync();
        await EnrollAsync(page, member, roles);
        return page;
    }

    internal async Task EnrollAsync(IPage page, string member, params Role[] roles)
    {
        await page.GetByLabel("Your name in the mesh").FillAsync(member);
        await Button(page, "Make a key").ClickAsync();
        Governance.Enroll((await page.Locator("#vkey").TextContentAsync())!, roles);
        await Expect(page.Locator("#identity")).ToContainTextAsync(string.Join(", ", roles).ToLowerInvariant());
    }

    internal static ILocator Card(IPage page, string title) => page.Locator(".card", new() { Has = page.GetByRole(AriaRole.Heading, new() { Name = title }) });

    /// <summary>The one note that was sent to a path.</summary>
    internal (string Path, System.Text.Json.JsonElement Act, IReadOnlyList<string> Signers) Taken(string path) =>
        Assert.Single(Governance.Taken, t => t.Path.EndsWith(path, StringComparison.Ordinal));
}
