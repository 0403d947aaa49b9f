using Mesh.Chorus.Leases;
using Router.Api.Tests.Governance;
using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console;

public sealed class GovernedTests(Browser browser) : ConsoleTest(browser)
{
    [SkippableFact]
    public async Task The_status_begins_with_what_people_decided()
    {
        var page = await OpenAsync();
        var banner = page.Locator("#governed");
        await Expect(page.Locator("#status")).ToContainTextAsync("3 of 3 experts");
        await Expect(banner).ToBeHiddenAsync();
        await Router.GovernAsync(Configurations.Of(1, new() { Phase = 3 }));
        await Expect(banner).ToHaveTextAsync("Phase 3 degraded: 3 of 4 experts");
        await Router.GovernAsync(Configurations.Of(2, new() { Phase = 1 }));
        await Expect(banner).ToHaveTextAsync("Phase 1");
        Router.Node.Lease = LeaseState.Lost;
        await Expect(banner).ToHaveTextAsync("No lease: read-only · Phase 1");
        await Router.Node.HaltAsync("halt", default);
        await Expect(banner).ToHaveTextAsync("Halted · No lease: read-only · Phase 1");
    }
}
