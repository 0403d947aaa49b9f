using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console;

public sealed class SettingsTests(Browser browser) : ConsoleTest(browser)
{
    [SkippableFact]
    public async Task Settings_are_sent_and_survive_a_reload()
    {
        var page = await OpenAsync();
        await Button(page, "Settings").ClickAsync();
        await page.GetByLabel("System prompt").FillAsync("Be brief.");
        await page.GetByLabel("Temperature").FillAsync("0.7");
        await page.GetByLabel("Stop strings").FillAsync("END\n\\n\\n");
        await page.GetByLabel("Theme").SelectOptionAsync("dark");
        await page.Keyboard.PressAsync("Escape");
        await page.ReloadAsync();
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        var request = await AskAsync(page, "Hi");
        Assert.Equal("system", request.GetProperty("messages")[0].GetProperty("role").GetString());
        Assert.Equal("Be brief.", request.GetProperty("messages")[0].GetProperty("content").GetString());
        Assert.Equal(0.7, request.GetProperty("temperature").GetDouble());
        Assert.Equal(["END", "\n\n"], request.GetProperty("stop").EnumerateArray().Select(s => s.GetString()));
        await Button(page, "Settings").ClickAsync();
        await Button(page, "Reset to defaults").ClickAsync();
        await Expect(page.Locator("html")).Not.ToHaveAttributeAsync("data-theme", "dark");
        await Button(page, "Close").ClickAsync();
        Assert.False((await AskAsync(page, "Hi")).TryGetProperty("stop", out _));
    }

    [SkippableFact]
    public async Task A_value_that_is_not_valid_is_not_sent()
    {
        var page = await OpenAsync();
        await Button(page, "Settings").ClickAsync();
        await page.GetByLabel("Temperature").FillAsync("5");
        await page.Keyboard.PressAsync("Escape");
        Assert.False((await AskAsync(page, "Hi")).TryGetProperty("temperature", out _));
    }

    [SkippableTheory]
    [InlineData("max_tokens", "2", "Cut off: most tokens (2)")]
    [InlineData("stop-strings", "dear", "Stop string \"dear\"")]
    [InlineData("seed", "1", "Complete")]
    public async Task Why_an_answer_ended_is_told(string field, string value, string told)
    {
        var page = await OpenAsync();
        await Button(page, "Settings").ClickAsync();
        await page.Locator("#" + field).FillAsync(value);
        await page.Keyboard.PressAsync("Escape");
        await AskAsync(page, "Hi");
        await Expect(page.Locator(".finish")).ToHaveTextAsync(told);
    }

    [SkippableFact]
    public async Task A_key_is_asked_for_and_sent()
    {
        var page = await OpenAsync();
        await Button(page, "Settings").ClickAsync();
        await page.GetByLabel("API key", new() { Exact = true }).FillAsync("sk-test");
        await page.Keyboard.PressAsync("Escape");
        await Question(page).FillAsync("Hi");
        var request = await page.RunAndWaitForRequestAsync(() => Question(page).PressAsync("Enter"), r => r.Url.EndsWith("/v1/chat/completions", StringComparison.Ordinal));
        Assert.Equal("Bearer sk-test", await request.HeaderValueAsync("authorization"));
        Assert.False(await page.EvaluateAsync<bool>("Object.values(localStorage).some(value => value.includes('sk-test'))"));
    }
}
