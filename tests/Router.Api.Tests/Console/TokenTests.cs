using System.Text.Json;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console;

public sealed class TokenTests(Browser browser) : ConsoleTest(browser)
{
    private static readonly string[] Votes = ["alpha", "75%", "beta", "late", "Most probable in the mixture"];

    [SkippableFact]
    public async Task An_answer_shows_for_every_token_who_voted()
    {
        var page = await OpenAsync();
        await AskAsync(page, "How are you?");
        await page.Locator(".answer .token").Nth(2).HoverAsync();
        foreach (var part in Votes)
            await Expect(page.Locator("#token")).ToContainTextAsync(part);
        await Expect(page.Locator(".ending")).ToHaveTextAsync("end");
    }

    [SkippableFact]
    public async Task On_a_phone_a_tap_opens_the_panel()
    {
        Loop.Answer = string.Join("\n\n", Enumerable.Repeat("A line.", 30));
        var page = await OpenAsync(width: 400, height: 800);
        await AskAsync(page, "Hi");
        await Expect(page.Locator("#panel")).ToBeHiddenAsync();
        await page.Locator(".text .token").Last.TapAsync();
        foreach (var part in Votes)
            await Expect(page.Locator("#token")).ToContainTextAsync(part);
        await Expect(page.Locator("#token table").Last).ToBeInViewportAsync();
        var (token, panel) = (await page.Locator(".text .token").Last.BoundingBoxAsync(), await page.Locator("#panel").BoundingBoxAsync());
        Assert.InRange(token!.Y, 0, panel!.Y - token.Height);   // not under its own panel
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("#panel")).ToBeHiddenAsync();
    }

    [SkippableFact]
    public async Task The_keyboard_reaches_every_token()
    {
        var page = await OpenAsync();
        await AskAsync(page, "Hi");
        await Expect(page.Locator("#announce")).ToContainTextAsync("Hello there");
        await page.Locator(".answer").FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.Locator(".token:focus")).ToHaveAttributeAsync("data-token", "0");
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.Locator(".token:focus")).ToHaveAttributeAsync("data-token", "1");
        await Expect(page.Locator("#announce")).ToContainTextAsync("alpha 75%, beta 25%");
        await Expect(page.Locator("#token")).ToContainTextAsync("alpha");
        await page.Keyboard.PressAsync("End");
        await Expect(page.Locator(".token:focus")).ToHaveTextAsync("end");
        await page.Keyboard.PressAsync("Escape");
        await Expect(Question(page)).ToBeFocusedAsync();
    }

    [SkippableFact]
    public async Task What_cannot_be_seen_of_a_token_is_spelled()
    {
        var page = await OpenAsync();
        var shown = await page.EvaluateAsync<string[]>("""
            async () => { const { shown } = await import("/console/page/format.js"); return ["", " a b ", "\n", "\t", "\u0000\u200b", "\u00a0", "é"].map(shown); }
            """);
        Assert.Equal(["∅", "·a b·", "⏎\n", "⇥", "U+0000U+200B", "U+00A0", "é"], shown);
    }

    [SkippableFact]
    public async Task Tints_can_be_switched_off()
    {
        var page = await OpenAsync();
        await AskAsync(page, "Hi");
        var token = page.Locator(".answer .token").First;
        await Expect(token).Not.ToHaveCSSAsync("background-image", "none");
        await Button(page, "Settings").ClickAsync();
        await page.GetByLabel("Tint tokens by expert").UncheckAsync();
        await Expect(token).ToHaveCSSAsync("background-image", "none");
    }

    [SkippableFact]
    public async Task A_thumb_is_kept()
    {
        var page = await OpenAsync();
        await AskAsync(page, "Hi");
        await Button(page, "Good answer").ClickAsync();
        await page.Locator("[aria-label='Good answer'][aria-pressed=true]").WaitForAsync();
        var line = JsonDocument.Parse(Assert.Single(await File.ReadAllLinesAsync(Path.Combine(Data, "feedback.jsonl")))).RootElement;
        Assert.Equal("up", line.GetProperty("vote").GetString());
        Assert.Equal("Hi", line.GetProperty("prompt").GetString());
        Assert.Equal("Hello there, dear friend.", line.GetProperty("answer").GetString());
        Assert.Equal(0.75, line.GetProperty("weights").GetProperty("alpha").GetDouble(), 3);
    }
}
