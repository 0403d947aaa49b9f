using System.Text.Json;
using Microsoft.Playwright;

namespace Router.Api.Tests.Console;

public sealed class ConsoleTests(Browser browser) : IClassFixture<Browser>, IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("mesh-console-").FullName;
    private readonly List<string> _errors = [];

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private Task<RouterHost> StartAsync(ScriptedLoop? loop = null, params string[] settings) =>
        RouterHost.StartAsync(loop: loop, settings: [$"--Mesh:Data={_data}", .. settings]);

    private static async Task AskAsync(IPage page, string question)
    {
        await page.GetByLabel("Your question").FillAsync(question);
        await page.Keyboard.PressAsync("Enter");
    }

    private async Task PictureAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("MESH_SCREENSHOTS") is { } folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true });
    }

    [SkippableFact]
    public async Task An_example_asks_itself()
    {
        await using var router = await RouterHost.StartAsync();
        var page = await browser.OpenAsync(router.Address, _errors);
        await page.GetByRole(AriaRole.Button, new() { Name = "Define river." }).ClickAsync();
        await Assertions.Expect(page.Locator(".answer")).ToContainTextAsync("Hello there");
        await Assertions.Expect(page.Locator("#examples")).ToBeHiddenAsync();
        Assert.Empty(_errors);
    }

    [SkippableTheory, InlineData(ColorScheme.Light), InlineData(ColorScheme.Dark)]
    public async Task An_answer_shows_for_every_token_who_voted(ColorScheme scheme)
    {
        await using var router = await StartAsync();
        var page = await browser.OpenAsync(router.Address, _errors, scheme);
        await AskAsync(page, "How are you?");
        await page.Locator(".tools").Last.WaitForAsync();
        Assert.Equal("Hello there, dear friend.end", await page.Locator(".answer").InnerTextAsync());
        await page.Locator(".answer .token").Nth(2).HoverAsync();
        var panel = await page.Locator("#token").InnerTextAsync();
        Assert.Contains("alpha", panel);
        Assert.Contains("75%", panel);
        Assert.Contains("late", panel);
        Assert.Contains("Most probable in the mixture", panel);
        await PictureAsync(page, "console-" + scheme.ToString().ToLowerInvariant());
        Assert.Empty(_errors);
    }

    [SkippableFact]
    public async Task The_keyboard_reaches_every_token()
    {
        await using var router = await StartAsync();
        var page = await browser.OpenAsync(router.Address, _errors);
        await AskAsync(page, "Hi");
        await page.Locator(".tools").Last.WaitForAsync();
        await page.Locator(".answer").FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowRight");
        var label = await page.Locator(".token:focus").GetAttributeAsync("aria-label");
        Assert.Contains("alpha 75%, beta 25%", label);
        Assert.Contains("alpha", await page.Locator("#token").InnerTextAsync());
        await page.Keyboard.PressAsync("Escape");
        Assert.Equal("question", await page.EvaluateAsync<string>("document.activeElement.id"));
        Assert.Contains("Hello there", await page.Locator("#announce").TextContentAsync());
        Assert.Empty(_errors);
    }

    [SkippableFact]
    public async Task A_thumb_is_kept()
    {
        await using var router = await StartAsync();
        var page = await browser.OpenAsync(router.Address, _errors);
        await AskAsync(page, "Hi");
        await page.GetByLabel("Good answer").ClickAsync();
        await page.Locator("[aria-label='Good answer'][aria-pressed=true]").WaitForAsync();
        var line = JsonDocument.Parse(Assert.Single(await File.ReadAllLinesAsync(Path.Combine(_data, "feedback.jsonl")))).RootElement;
        Assert.Equal("up", line.GetProperty("vote").GetString());
        Assert.Equal("Hi", line.GetProperty("prompt").GetString());
        Assert.Equal("Hello there, dear friend.", line.GetProperty("answer").GetString());
        Assert.Equal(0.75, line.GetProperty("weights").GetProperty("alpha").GetDouble(), 3);
        Assert.Empty(_errors);
    }

    [SkippableFact]
    public async Task An_expert_is_taken_out_and_put_back()
    {
        await using var router = await StartAsync();
        var page = await browser.OpenAsync(router.Address, _errors);
        await page.GetByLabel("Take out beta").ClickAsync();
        await page.GetByLabel("Put back beta").WaitForAsync();
        Assert.Contains("2 of 3 experts", await page.Locator("#status").InnerTextAsync());
        await page.GetByLabel("Put back beta").ClickAsync();
        await page.GetByLabel("Take out beta").WaitForAsync();
        Assert.Empty(_errors);
    }

    [SkippableFact]
    public async Task A_running_answer_can_be_stopped()
    {
        var loop = new ScriptedLoop { Before = (i, ct) => i < 3 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, ct) };
        await using var router = await StartAsync(loop);
        var page = await browser.OpenAsync(router.Address, _errors);
        await AskAsync(page, "Hi");
        await page.Locator(".answer .token").First.WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await page.GetByText("Stopped.").WaitForAsync();
        await loop.Abandoned.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Empty(_errors);
    }

    [SkippableFact]
    public async Task A_failure_is_told_and_text_of_models_is_never_markup()
    {
        var loop = new ScriptedLoop { Answer = "<img src=x onerror=alert(1)>" };
        await using var router = await StartAsync(loop);
        var page = await browser.OpenAsync(router.Address, _errors);
        await AskAsync(page, "<b>bold</b>");
        await page.Locator(".tools").Last.WaitForAsync();
        Assert.Equal(0, await page.Locator("#log img, #log b").CountAsync());
        loop.Before = (i, _) => i < 2 ? Task.CompletedTask : throw new Mesh.Ensemble.TokenLoop.NoExpertException("All experts are gone.");
        await AskAsync(page, "again");
        await page.GetByRole(AriaRole.Alert).GetByText("All experts are gone.").WaitForAsync();
        Assert.Empty(_errors);
    }

    [Fact]
    public async Task The_page_comes_with_a_strict_policy_and_a_tag()
    {
        await using var router = await StartAsync();
        using var page = await router.Client.GetAsync("/");
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        Assert.Contains("default-src 'none'", Assert.Single(page.Headers.GetValues("Content-Security-Policy")));
        using var again = new HttpRequestMessage(HttpMethod.Get, "/");
        again.Headers.IfNoneMatch.Add(page.Headers.ETag!);
        Assert.Equal(304, (int)(await router.Client.SendAsync(again)).StatusCode);
        await RouterHost.ErrorAsync(await router.Client.GetAsync("/console/none.js"), 404);
    }
}
