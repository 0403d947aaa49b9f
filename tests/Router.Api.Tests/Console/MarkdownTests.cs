using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Router.Api.Tests.Console;

public sealed class MarkdownTests(Browser browser) : ConsoleTest(browser)
{
    private const string Page = """
        # Title

        Some *words* and `code`:

        - one
        - two & **three**

        ```python
        def add(a, b):
            return a + b
        ```

        | a | b |
        | - | - |
        | 1 | 2 |
        """;

    private const string Hostile = """
        <img src=x onerror="document.title='run'"> <script>document.title = "run"</script>

        <svg onload="document.title='run'"></svg><iframe src="http://192.0.2.1/"></iframe>

        [link](javascript:document.title='run') [data](data:text/html,<script>1</script>) ![picture](http://192.0.2.1/x.png) <http://example.org/>

        ```" onclick="document.title='run'
        code
        ```
        """;

    private async Task<ILocator> AnswerAsync(string text, IPage? page = null)
    {
        Loop.Answer = text;
        page ??= await OpenAsync();
        await AskAsync(page, "<b>Hi</b>");
        return page.Locator(".answer .text").Last;
    }

    private static async Task SkipWithoutMarkdownAsync(IPage page) =>
        Skip.If(await page.Locator("#markdown").IsDisabledAsync(), "This build had no npm, so the console shows answers as they were written.");

    [SkippableFact]
    public async Task Markdown_is_shown_and_every_token_found_in_it()
    {
        var page = await OpenAsync();
        await SkipWithoutMarkdownAsync(page);
        var answer = await AnswerAsync(Page, page);
        await Expect(answer.Locator("h4")).ToHaveTextAsync("Title");
        await Expect(answer.Locator("em")).ToHaveTextAsync("words");
        await Expect(answer.Locator("li")).ToHaveTextAsync(["one", "two & three"]);
        await Expect(answer.Locator("td")).ToHaveTextAsync(["1", "2"]);
        await Expect(answer.Locator(".hljs-keyword").First).ToHaveTextAsync("def");
        var parts = await answer.Locator(".token").EvaluateAllAsync<string[]>("spans => spans.map(s => s.dataset.token + ' ' + s.textContent)");
        var tokens = FakeExperts.Tokenizer.Encode(Page);
        Assert.NotEmpty(parts);
        foreach (var (number, text) in parts.Select(p => (int.Parse(p[..p.IndexOf(' ')]), p[(p.IndexOf(' ') + 1)..])))
            Assert.Contains(text.Trim(), FakeExperts.Tokenizer.Decode(tokens.AsSpan()[number..(number + 1)]));
        Assert.Equal(Page.Where(char.IsLetterOrDigit).Count() - "python".Length, string.Concat(parts.Select(p => p[(p.IndexOf(' ') + 1)..])).Count(char.IsLetterOrDigit));
    }

    [SkippableFact]
    public async Task Code_can_be_copied()
    {
        var page = await OpenAsync();
        await SkipWithoutMarkdownAsync(page);
        await AnswerAsync(Page, page);
        await Button(page, "Copy the code").ClickAsync();
        await Expect(page.Locator("#announce")).ToHaveTextAsync("Copied.");
        Assert.Equal("def add(a, b):\n    return a + b", await page.EvaluateAsync<string>("navigator.clipboard.readText()"));
    }

    [SkippableFact]
    public async Task Hostile_text_stays_text()
    {
        var answer = await AnswerAsync(Hostile);
        Assert.Equal(0, await answer.Locator("img, script, svg:not(.icon), iframe, [onerror], [onload], [onclick], [href^=javascript], [href^=data]").CountAsync());
        await Expect(answer).ToContainTextAsync("<script>document.title = \"run\"</script>");
        await Expect(answer.Page.Locator(".question")).ToHaveTextAsync("<b>Hi</b>");
        foreach (var link in await answer.Locator("a[href]").AllAsync())
            Assert.Equal("noopener noreferrer nofollow", await link.GetAttributeAsync("rel"));
        Assert.Equal("Mesh console", await answer.Page.TitleAsync());   // and no request left the machine: OpenAsync fails the test for one
    }

    [SkippableFact]
    public async Task A_text_that_nests_too_deep_is_shown_as_it_was_written()
    {
        var page = await OpenAsync();
        await page.Locator("#max_tokens").EvaluateAsync("field => field.value = 10000");
        var answer = await AnswerAsync(new string('>', 5000) + " deep", page);
        await Expect(answer).ToContainTextAsync("deep");
    }

    [SkippableFact]
    public async Task Without_Markdown_the_text_is_as_it_was_written()
    {
        var page = await OpenAsync();
        var answer = await AnswerAsync(Page, page);
        if (await page.Locator("#markdown").IsEnabledAsync())
        {
            await Button(page, "Settings").ClickAsync();
            await page.GetByLabel("Show Markdown").UncheckAsync();
        }
        await Expect(answer).ToContainTextAsync("# Title");
        Assert.Equal(0, await answer.Locator("h4, li, pre").CountAsync());
        Assert.Equal(Page.Where(char.IsLetterOrDigit).Count(), string.Concat(await answer.Locator(".token").AllTextContentsAsync()).Count(char.IsLetterOrDigit));
    }

    [SkippableFact]
    public async Task What_is_selected_stays_while_the_answer_grows()
    {
        var go = new TaskCompletionSource();
        var tokens = FakeExperts.Tokenizer.Encode("First paragraph.\n\nSecond one\n\nand a third.");
        (Loop.Tokens, Loop.Before) = (tokens, (i, ct) => i == tokens.Length - 3 ? go.Task.WaitAsync(ct) : Task.CompletedTask);
        var page = await OpenAsync();
        await SendAsync(page, "Hi");
        await Expect(page.Locator(".block")).ToHaveCountAsync(3);
        await page.EvaluateAsync("getSelection().selectAllChildren(document.querySelector('.block'))");
        go.SetResult();
        await EndAsync(page);
        Assert.Equal("First paragraph.", (await page.EvaluateAsync<string>("getSelection().toString()")).Trim());
    }
}
