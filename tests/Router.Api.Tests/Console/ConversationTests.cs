using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console;

public sealed class ConversationTests(Browser browser) : ConsoleTest(browser)
{
    private static ILocator Titles(IPage page) => page.Locator("#conversations .name");

    [SkippableFact]
    public async Task Conversations_survive_a_reload()
    {
        var page = await OpenAsync();
        await AskAsync(page, "First question");
        await Button(page, "New chat").ClickAsync();
        await AskAsync(page, "Second question");
        await page.ReloadAsync();
        await Expect(Titles(page)).ToHaveTextAsync(["Second question", "First question"]);
        await Expect(page.Locator(".answer .text")).ToHaveTextAsync("Hello there, dear friend.");
        await Titles(page).Last.ClickAsync();
        await Expect(page.Locator(".question")).ToHaveTextAsync("First question");
        var request = await AskAsync(page, "And on");
        Assert.Equal(3, request.GetProperty("messages").GetArrayLength());
    }

    [SkippableFact]
    public async Task A_conversation_is_renamed_deleted_and_had_back()
    {
        var page = await OpenAsync();
        await AskAsync(page, "A question that is longer than the column of conversations is wide");
        await Expect(page.GetByLabel("Delete A question")).ToBeInViewportAsync(new() { Ratio = 1 });
        await page.GetByLabel("Rename A question").ClickAsync();
        await page.GetByLabel("New name").FillAsync("Mine");
        await page.Keyboard.PressAsync("Enter");
        await Expect(Titles(page)).ToHaveTextAsync("Mine");
        await page.GetByLabel("Delete Mine").ClickAsync();
        await Expect(Titles(page)).ToHaveCountAsync(0);
        await Expect(page.Locator("#log")).ToBeEmptyAsync();
        await Button(page, "Undo").ClickAsync();
        await Expect(page.Locator(".question")).ToContainTextAsync("A question");
        await page.ReloadAsync();
        await Expect(Titles(page)).ToHaveTextAsync("Mine");
    }

    [SkippableFact]
    public async Task A_conversation_that_is_deleted_during_its_answer_stays_deleted()
    {
        NeverEnd();
        var page = await OpenAsync();
        await SendAsync(page, "Hi");
        await page.GetByLabel("Delete Hi").ClickAsync();
        await Expect(Titles(page)).ToHaveCountAsync(0);
        await page.ReloadAsync();
        await Expect(Titles(page)).ToHaveCountAsync(0);
    }

    [SkippableFact]
    public async Task What_was_answered_before_a_reload_is_kept()
    {
        NeverEnd();
        var page = await OpenAsync();
        await SendAsync(page, "Hi");
        await page.Locator(".answer .token").First.WaitForAsync();
        await page.ReloadAsync();
        await Expect(page.Locator(".answer .text")).ToContainTextAsync("Hello");
        await Expect(page.Locator(".finish")).ToHaveTextAsync("Stopped");
    }

    [SkippableFact]
    public async Task Storage_that_holds_anything_is_borne()
    {
        var page = await OpenAsync();
        await page.EvaluateAsync("""
            () => {
              localStorage.clear();
              localStorage.setItem("mesh.settings", "[1, {");
              localStorage.setItem("mesh.chat.a", "null");
              localStorage.setItem("mesh.chat.b", '{"id":"b","title":7,"at":1,"messages":[]}');
              localStorage.setItem("mesh.chat.c", '{"id":"c","title":"Half","at":1,"messages":[{"role":"user","content":"Hi"},{"role":"root","content":{}},null]}');
            }
            """);
        await page.ReloadAsync();
        await Expect(Titles(page)).ToHaveTextAsync(["Half"]);
        await Expect(page.Locator(".question")).ToHaveTextAsync("Hi");
        await AskAsync(page, "Go on");
    }

    [SkippableFact]
    public async Task The_list_is_bounded_and_full_storage_is_told()
    {
        var page = await OpenAsync();
        await page.EvaluateAsync("""
            () => { for (let i = 0; i < 60; i++) localStorage.setItem(`mesh.chat.${i}`, JSON.stringify({ id: String(i), title: `Old ${i}`, at: i, messages: [{ role: "user", content: "x" }] })); }
            """);
        await page.ReloadAsync();
        await Button(page, "New chat").ClickAsync();
        await AskAsync(page, "New");
        await Expect(Titles(page)).ToHaveCountAsync(50);
        await Expect(Titles(page).First).ToHaveTextAsync("New");
        await page.EvaluateAsync("() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }");
        await AskAsync(page, "More");
        await Expect(page.GetByRole(AriaRole.Alert).GetByText("no room")).ToBeVisibleAsync();
        await Expect(page.Locator(".answer .text").Last).ToHaveTextAsync("Hello there, dear friend.");
    }
}
