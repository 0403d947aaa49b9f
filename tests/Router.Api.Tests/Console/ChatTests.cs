using Mesh.Ensemble.TokenLoop;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console;

public sealed class ChatTests(Browser browser) : ConsoleTest(browser)
{
    [SkippableFact]
    public async Task An_example_asks_itself()
    {
        var page = await OpenAsync();
        await Button(page, "Define river.").ClickAsync();
        await Expect(page.Locator(".answer")).ToContainTextAsync("Hello there, dear friend.");
        await Expect(page.Locator("#welcome")).ToBeHiddenAsync();
    }

    [SkippableFact]
    public async Task Shift_and_Enter_start_a_line_and_Enter_sends()
    {
        var page = await OpenAsync();
        await Question(page).PressSequentiallyAsync("one");
        await Question(page).PressAsync("Shift+Enter");
        var request = await SendAsync(page, await Question(page).InputValueAsync() + "two");
        Assert.Equal("one\ntwo", request.GetProperty("messages")[0].GetProperty("content").GetString());
        await Expect(Question(page)).ToBeFocusedAsync();
    }

    [SkippableTheory, InlineData("Escape"), InlineData("Stop")]
    public async Task A_running_answer_can_be_stopped(string how)
    {
        NeverEnd();
        var page = await OpenAsync();
        await SendAsync(page, "Hi");
        await page.Locator(".answer .token").First.WaitForAsync();
        await (how == "Escape" ? page.Keyboard.PressAsync("Escape") : Button(page, "Stop").ClickAsync());
        await Expect(page.Locator(".finish")).ToHaveTextAsync("Stopped");
        await Expect(Button(page, "Send")).ToBeVisibleAsync();
        await Loop.Abandoned.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [SkippableFact]
    public async Task A_new_chat_during_an_answer_leaves_nothing_in_the_next()
    {
        NeverEnd();
        var page = await OpenAsync();
        await SendAsync(page, "First");
        await page.Locator(".answer .token").First.WaitForAsync();
        await Button(page, "New chat").ClickAsync();
        await Expect(page.Locator("#log")).ToBeEmptyAsync();
        await Loop.Abandoned.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Loop.Before = null;
        var request = await AskAsync(page, "Second");
        Assert.Equal(1, request.GetProperty("messages").GetArrayLength());
        await Expect(page.Locator(".answer .text")).ToHaveTextAsync("Hello there, dear friend.");
    }

    [SkippableFact]
    public async Task A_failure_is_in_view_and_its_question_can_be_tried_again()
    {
        Loop.Answer = string.Join("\n\n", Enumerable.Repeat("A line.", 40));
        var page = await OpenAsync();
        await AskAsync(page, "Long");
        await page.Locator("#log").EvaluateAsync("log => log.scrollTop = 0");
        Loop.Before = (i, _) => i < 2 ? Task.CompletedTask : throw new NoExpertException("All experts are gone.");
        await AskAsync(page, "Hi");
        var failure = page.GetByRole(AriaRole.Alert).GetByText("All experts are gone.");
        await Expect(failure).ToBeInViewportAsync(new() { Ratio = 1 });
        await Expect(page.Locator(".finish").Last).ToHaveTextAsync("Broken off");
        (Loop.Before, Loop.Answer) = (null, "Here again.");
        await Button(page, "Try again").ClickAsync();
        await Expect(page.Locator(".answer .text").Last).ToHaveTextAsync("Here again.");
        await Expect(page.Locator(".question")).ToHaveTextAsync(["Long", "Hi"]);
        await Expect(failure).ToBeHiddenAsync();
    }

    [SkippableFact]
    public async Task A_question_that_got_no_answer_is_not_sent_with_the_next()
    {
        var page = await OpenAsync();
        await page.RouteAsync("**/v1/chat/completions", route => route.AbortAsync());
        await AskAsync(page, "Lost");
        await Expect(page.GetByRole(AriaRole.Alert).GetByText("The router cannot be reached.")).ToBeVisibleAsync();
        await page.UnrouteAsync("**/v1/chat/completions");
        Assert.Equal(1, (await AskAsync(page, "Next")).GetProperty("messages").GetArrayLength());
        Forget("Failed to load resource");
    }

    [SkippableFact]
    public async Task An_answer_can_be_asked_for_again_and_a_question_changed()
    {
        var page = await OpenAsync();
        await AskAsync(page, "One");
        await AskAsync(page, "Two");
        Loop.Answer = "Another.";
        await Button(page, "Answer again").ClickAsync();
        await Expect(page.Locator(".answer .text")).ToHaveTextAsync(["Hello there, dear friend.", "Another."]);
        await Button(page, "Edit the question").First.ClickAsync();
        await page.GetByLabel("The question, changed").FillAsync("Uno");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".question")).ToHaveTextAsync(["Uno"]);
        await Expect(page.Locator(".answer .text")).ToHaveTextAsync(["Another."]);
    }

    [SkippableFact]
    public async Task An_answer_can_be_copied()
    {
        Loop.Answer = "A *word*.";
        var page = await OpenAsync();
        await AskAsync(page, "Hi");
        await Button(page, "Copy the answer").ClickAsync();
        await Expect(page.Locator("#announce")).ToHaveTextAsync("Copied.");
        Assert.Equal("A *word*.", await page.EvaluateAsync<string>("navigator.clipboard.readText()"));
    }

    [SkippableFact]
    public async Task The_meter_counts_the_conversation_and_the_question_in_the_box()
    {
        var page = await OpenAsync();
        await Expect(page.Locator("#meter")).ToHaveTextAsync("0 of 512 tokens");
        await Question(page).FillAsync("Some words to count");
        await Expect(page.Locator("#meter")).Not.ToHaveTextAsync("0 of 512 tokens");
        await AskAsync(page, "Hi");
        await Expect(page.Locator("#meter")).Not.ToHaveAttributeAsync("aria-valuenow", "0");
    }
}
