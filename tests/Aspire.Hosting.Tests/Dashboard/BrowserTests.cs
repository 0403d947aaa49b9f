using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Router.Api.Tests.Console;

namespace Aspire.Hosting.Tests.Dashboard;

/// <summary>The resource page in a real browser.</summary>
public sealed class BrowserTests(Browser browser) : IClassFixture<Browser>
{
    private readonly List<string> _errors = [];

    [SkippableTheory, InlineData(ColorScheme.Light), InlineData(ColorScheme.Dark)]
    public async Task Resources_lines_and_masked_environment_are_shown(ColorScheme scheme)
    {
        await using var app = await StartAsync();
        var page = await OpenAsync(app, scheme);
        await page.GetByText("All 2 healthy").WaitForAsync();
        Assert.Equal(["talker", "sleeper"], await page.Locator("button.name").AllInnerTextsAsync());
        await Assertions.Expect(page.Locator("#lines")).ToHaveTextAsync("one\n<b>two</b>");
        await page.Locator("summary", new() { HasText = "Environment" }).ClickAsync();
        var environment = await page.Locator("#environment").InnerTextAsync();
        Assert.Contains(Secrets.Mask, environment, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-value", environment, StringComparison.Ordinal);
        await page.GetByLabel("Filter").FillAsync("TWO");
        await Assertions.Expect(page.Locator("#lines")).ToHaveTextAsync("<b>two</b>");
        Assert.Empty(_errors);
    }

    [SkippableFact]
    public async Task The_keyboard_alone_selects_stops_and_starts_a_resource()
    {
        await using var app = await StartAsync();
        var page = await OpenAsync(app, ColorScheme.Light);
        await page.GetByText("All 2 healthy").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "sleeper", Exact = true }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#selected")).ToHaveTextAsync("sleeper");
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("stop sleeper", await page.EvaluateAsync<string>("document.activeElement.ariaLabel"));
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByLabel("start sleeper", new() { Exact = true })).ToBeEnabledAsync();
        await Assertions.Expect(page.GetByLabel("stop sleeper", new() { Exact = true })).ToBeDisabledAsync();
        await page.GetByLabel("start sleeper", new() { Exact = true }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("All 2 healthy").WaitForAsync();
        Assert.Empty(_errors);
    }

    private static async Task<DistributedApplication> StartAsync()
    {
        Skip.If(Browser.Executable is null, "No Chromium here: install the package chromium, or set CHROMIUM to one.");
        var builder = DistributedApplication.CreateBuilder([]);
        builder.AddExecutable("talker", "sh", Path.GetTempPath(), "-c", "echo one; printf '\\033[32m<b>two</b>\\033[0m\\n'; exec sleep 1000")
            .WithHttpEndpoint().WithEnvironment("API_TOKEN", "hidden-value");
        builder.AddExecutable("sleeper", "sleep", Path.GetTempPath(), "1000");
        var app = builder.Build();
        await app.StartAsync();
        return app;
    }

    private Task<IPage> OpenAsync(DistributedApplication app, ColorScheme scheme) =>
        browser.OpenAsync(app.Services.GetRequiredService<ResourcePage>().Login!, _errors, scheme);
}
