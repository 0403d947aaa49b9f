using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Dashboard;

/// <summary>The resource page: what runs, how it is, its environment and lines, and buttons to start, stop and restart it. Loopback only, opened by a token.</summary>
internal sealed class ResourcePage(
    DistributedApplicationModel model, ResourceNotificationService notifications, ResourceLogs logs, ResourceCommandService commands, IConfiguration configuration) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private WebApplication? _web;

    /// <summary>The address that opens the page; null while it is not served.</summary>
    public Uri? Login { get; private set; }

    /// <exception cref="IOException">The configured port is taken.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var access = new PageAccess();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1024;
            kestrel.Listen(IPAddress.Loopback, Port());
        });
        builder.Services.AddRoutingCore();
        _web = builder.Build();
        _web.Use(next => context => access.CheckAsync(context, next));
        _web.UseRouting();
        _web.MapGet("/", () => Asset("page.html", "text/html; charset=utf-8"));
        _web.MapGet("/page.css", () => Asset("page.css", "text/css; charset=utf-8"));
        _web.MapGet("/page.js", () => Asset("page.js", "text/javascript; charset=utf-8"));
        _web.MapGet("/api/resources", () => TypedResults.ServerSentEvents(Until(RowsAsync, _stop.Token), "resource"));
        _web.MapGet("/api/resources/{name}/logs", Logs);
        _web.MapPost("/api/resources/{name}/{command}", CommandAsync);
        await _web.StartAsync(cancellationToken);
        Login = new(new Uri(_web.Urls.First()), $"/login?t={access.Token}");
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Login = null;
        await _stop.CancelAsync();
        if (_web is not null)
            await _web.StopAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_web is not null)
            await _web.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>As with Aspire, ASPNETCORE_URLS of the AppHost says where; anything that is not loopback is passed over for a free port.</summary>
    private int Port() => Uri.TryCreate(configuration["ASPNETCORE_URLS"]?.Split(';')[0], UriKind.Absolute, out var url) && url.IsLoopback && url.Scheme == "http" ? url.Port : 0;

    private async IAsyncEnumerable<ResourceRow> RowsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var update in notifications.WatchAsync(cancellationToken))
            yield return ResourceRow.From(update, model.Resources.IndexOf(update.Resource));
    }

    private Results<ServerSentEventsResult<string>, NotFound> Logs(string name) => notifications.TryGetCurrentState(name, out _)
        ? TypedResults.ServerSentEvents(Until(stop => logs.FollowAsync(name, stop), _stop.Token), "line")
        : TypedResults.NotFound();

    private async Task<Results<NoContent, NotFound, BadRequest<string>>> CommandAsync(string name, string command, CancellationToken cancellationToken)
    {
        if (!notifications.TryGetCurrentState(name, out _))
            return TypedResults.NotFound();
        var result = await commands.ExecuteCommandAsync(name, command, cancellationToken);
        return result.Success ? TypedResults.NoContent() : TypedResults.BadRequest(result.ErrorMessage);
    }

    private static FileStreamHttpResult Asset(string name, string type) =>
        TypedResults.Stream(Assembly.GetExecutingAssembly().GetManifestResourceStream($"Dashboard/{name}")!, type);

    /// <summary>Ends quietly when the reader leaves or the page stops, so that an open page never holds up Ctrl-C.</summary>
    private static async IAsyncEnumerable<T> Until<T>(
        Func<CancellationToken, IAsyncEnumerable<T>> items, CancellationToken stop, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancellationToken);
        await using var reader = items(either.Token).GetAsyncEnumerator(either.Token);
        while (await HasNextAsync())
            yield return reader.Current;

        async ValueTask<bool> HasNextAsync()
        {
            try
            {
                return await reader.MoveNextAsync();
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }
}
