using Mesh.Ensemble.TokenLoop;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console;

/// <summary>axe over every state of the page, at three widths, in both themes.</summary>
public sealed class AccessibilityTests(Browser browser) : ConsoleTest(browser)
{
    private const string Answer = "# Title\n\nSome *words*, a [link](http://example.org/), `code`:\n\n- one\n- two\n\n> quoted\n\n```python\ndef add(a, b):\n    # sums\n    return \"x\" + 1\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |\n";

    public static TheoryData<int, int, ColorScheme> Views => new()
    {
        { 400, 800, ColorScheme.Light }, { 400, 800, ColorScheme.Dark }, { 1366, 657, ColorScheme.Light },
        { 1366, 657, ColorScheme.Dark }, { 1920, 1080, ColorScheme.Light }, { 1920, 1080, ColorScheme.Dark },
    };

    [SkippableTheory, MemberData(nameof(Views))]
    public async Task No_state_of_the_page_has_a_violation(int width, int height, ColorScheme scheme)
    {
        var page = await OpenAsync(scheme, width, height);
        await Expect(page.Locator("#status")).ToContainTextAsync("3 of 3 experts");
        await CheckAsync(page, "empty");

        Loop.Answer = Answer;
        await AskAsync(page, "Hi");
        await CheckAsync(page, "answered");
        await page.Locator(".answer .token").First.ClickAsync();
        await CheckAsync(page, "a token's panel");
        await page.Keyboard.PressAsync("Escape");

        await Button(page, "Settings").ClickAsync();
        await CheckAsync(page, "settings");
        await page.GetByLabel("Tint tokens by expert").UncheckAsync();
        await Button(page, "Close").ClickAsync();
        await CheckAsync(page, "without tints");

        await Button(page, "Edit the question").ClickAsync();
        await CheckAsync(page, "edit");
        await Button(page, "Cancel").ClickAsync();
        if (width < 1200)
        {
            await Button(page, "Chats").ClickAsync();
            await CheckAsync(page, "conversations");
            await page.Keyboard.PressAsync("Escape");
        }

        NeverEnd();
        await SendAsync(page, "Hi");
        await page.Locator("[aria-busy=true] .token").First.WaitForAsync();
        await CheckAsync(page, "answering");
        await page.Keyboard.PressAsync("Escape");
        Loop.Before = (_, _) => throw new NoExpertException("All experts are gone.");
        await AskAsync(page, "Hi");
        await Expect(page.GetByRole(AriaRole.Alert).GetByText("All experts are gone.")).ToBeVisibleAsync();
        await CheckAsync(page, "error");
        Forget("503");
    }
}
