using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console;

public sealed class LayoutTests(Browser browser) : ConsoleTest(browser)
{
    [SkippableTheory, InlineData(320, 480), InlineData(400, 800), InlineData(800, 400), InlineData(1024, 600), InlineData(1366, 657), InlineData(1920, 1080)]
    public async Task The_question_box_is_always_in_view(int width, int height)
    {
        Loop.Answer = string.Join("\n\n", Enumerable.Repeat("A line of some words that may be wrapped.", 40));
        var page = await OpenAsync(width: width, height: height);
        await SeenAsync();
        await AskAsync(page, string.Join("\n", Enumerable.Repeat("A long question", 30)));
        await SeenAsync();
        await Question(page).FillAsync(string.Join("\n", Enumerable.Repeat("A long question", 30)));
        await SeenAsync();
        Assert.Equal((0, 0), (await OverflowAsync("scrollWidth", "clientWidth"), await OverflowAsync("scrollHeight", "clientHeight")));

        async Task SeenAsync()
        {
            await Expect(Question(page)).ToBeInViewportAsync(new() { Ratio = 1 });
            await Expect(Button(page, "Send")).ToBeInViewportAsync(new() { Ratio = 1 });
        }

        Task<int> OverflowAsync(string all, string seen) => page.EvaluateAsync<int>($"document.documentElement.{all} - document.documentElement.{seen}");
    }

    [SkippableFact]
    public async Task On_a_narrow_page_the_conversations_come_over_it()
    {
        var page = await OpenAsync(width: 400, height: 800);
        await AskAsync(page, "Hi");
        await Button(page, "Chats").ClickAsync();
        await page.Locator("#talks").GetByText("New chat").ClickAsync();
        await Expect(page.Locator("#talks")).ToBeHiddenAsync();
        await Expect(page.Locator("#welcome")).ToBeVisibleAsync();
    }
}
