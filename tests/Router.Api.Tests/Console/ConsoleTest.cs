using System.Text.Json;
using Deque.AxeCore.Playwright;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;

namespace Router.Api.Tests.Console;

[CollectionDefinition(nameof(Console))]
public sealed class ConsoleCollection : ICollectionFixture<Browser>;

/// <summary>A router of scripted answers and its page in Chromium; a test ends with no error on the page.</summary>
[Collection(nameof(Console))]
public abstract class ConsoleTest(Browser browser) : IAsyncLifetime
{
    private readonly List<string> _errors = [];
    private readonly List<IPage> _pages = [];
    private RouterHost _router = null!;

    protected string Data { get; } = Directory.CreateTempSubdirectory("mesh-console-").FullName;
    internal ScriptedLoop Loop { get; } = new();
    internal RouterHost Router => _router;

    public async Task InitializeAsync() => _router = await RouterHost.StartAsync(null, Loop, Map, $"--Mesh:Data={Data}");

    public async Task DisposeAsync()
    {
        foreach (var page in _pages)   // before the router, which they would ask on and on
            await page.Context.CloseAsync();
        await _router.DisposeAsync();
        Directory.Delete(Data, recursive: true);
        Assert.Empty(_errors);
    }

    /// <summary>What else the router's address answers.</summary>
    protected virtual void Map(WebApplication app)
    {
    }

    protected async Task<IPage> OpenAsync(ColorScheme scheme = ColorScheme.Light, int width = 1366, int height = 657)
    {
        var page = await browser.OpenAsync(_router.Address, _errors, scheme, width, height);
        _pages.Add(page);
        return page;
    }

    /// <summary>For a test whose page is answered with errors, which Chromium reports.</summary>
    protected void Forget(string error) => _errors.RemoveAll(e => e.Contains(error, StringComparison.Ordinal));

    protected static ILocator Question(IPage page) => page.GetByLabel("Your question");

    protected static ILocator Button(IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>Sends a question; the body of its request.</summary>
    protected static async Task<JsonElement> SendAsync(IPage page, string question)
    {
        await Question(page).FillAsync(question);
        var request = await page.RunAndWaitForRequestAsync(() => Question(page).PressAsync("Enter"), r => r.Url.EndsWith("/v1/chat/completions", StringComparison.Ordinal));
        return JsonDocument.Parse(request.PostData!).RootElement;
    }

    /// <summary>Sends a question and waits until its answer ended.</summary>
    protected static async Task<JsonElement> AskAsync(IPage page, string question)
    {
        var request = await SendAsync(page, question);
        await EndAsync(page);
        return request;
    }

    protected static Task EndAsync(IPage page) => Assertions.Expect(page.Locator(".turn:last-child .finish")).Not.ToBeEmptyAsync();

    /// <summary>axe finds nothing on the page.</summary>
    protected static async Task CheckAsync(IPage page, string state)
    {
        var result = await page.RunAxe();
        Assert.NotEmpty(result.Passes);
        Assert.True(result.Violations.Length == 0, string.Join("\n", result.Violations.Select(v =>
            $"{state}: {v.Id}: {v.Help}: {string.Join(" | ", v.Nodes.Select(n => n.Html + " " + string.Join(", ", n.Any.Concat(n.All).Concat(n.None).Select(c => c.Message))))}")));
    }

    /// <summary>Tokens of an endless answer until it is stopped.</summary>
    protected void NeverEnd() => Loop.Before = (i, ct) => i < 3 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, ct);
}
