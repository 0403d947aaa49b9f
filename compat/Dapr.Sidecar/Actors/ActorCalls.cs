using System.Net;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;
using Dapr.Sidecar.Invocation;

namespace Dapr.Sidecar.Actors;

/// <summary>Brings calls to actors, a turn each. When the host turns out to be gone before it took the call, the next host gets it.</summary>
internal sealed class ActorCalls(ActorTable table, TimeProvider time)
{
    public const string ReentrancyHeader = "Dapr-Reentrancy-Id";
    private static readonly TimeSpan HostLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HostPause = TimeSpan.FromMilliseconds(50);

    /// <summary>A method call; a turn that may be re-entered by calls with its id, where the host wants that.</summary>
    /// <param name="path">Behind /actors/{type}/{id}/.</param>
    /// <exception cref="DaprError">No host, a stack too deep, or the host died under the call.</exception>
    public Task<HttpResponseMessage> CallAsync(ActorKey actor, string path, byte[] body, string? contentType, IHeaderDictionary? headers, CancellationToken cancellationToken)
    {
        var reentrancyId = headers?[ReentrancyHeader] is { Count: > 0 } given && given[0] is { Length: > 0 } id ? id : null;
        return TurnAsync(actor, path, body, contentType, headers, reentrancyId, isMethod: true, cancellationToken);
    }

    /// <summary>A reminder or timer: a turn of its own; true when the app took it.</summary>
    /// <exception cref="DaprError">No host, or it died under the call.</exception>
    public async Task<bool> TickAsync(ActorKey actor, string path, byte[] body, CancellationToken cancellationToken)
    {
        using var response = await TurnAsync(actor, path, body, "application/json", null, null, isMethod: false, cancellationToken);
        return response.StatusCode == HttpStatusCode.OK;
    }

    private async Task<HttpResponseMessage> TurnAsync(
        ActorKey actor, string path, byte[] body, string? contentType, IHeaderDictionary? headers, string? reentrancyId, bool isMethod, CancellationToken cancellationToken)
    {
        while (true)
        {
            var entry = table.Get(actor);
            var settings = table.Place(actor, entry)?.Actors.Of(actor.Type) ?? ActorTypeConfiguration.Default;
            var turnId = isMethod && settings.Reentrant ? reentrancyId ?? Guid.NewGuid().ToString() : null;
            switch (await entry.Turns.EnterAsync(turnId, settings.MaxStackDepth, cancellationToken))
            {
                case TurnEntry.Retired:
                    // It rests; its host has been told or is being told.
                    await Task.Delay(TimeSpan.FromMilliseconds(1), time, cancellationToken);
                    continue;
                case TurnEntry.TooDeep:
                    throw new DaprError(500, "ERR_ACTOR_STACK_DEPTH", "error invoke actor method: maximum stack depth exceeded");
            }
            try
            {
                return await SendAsync(actor, entry, path, body, contentType, headers, turnId, cancellationToken);
            }
            finally
            {
                entry.Turns.LastUse = time.GetTimestamp();
                entry.Turns.Leave();
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        ActorKey actor, ActorTable.Entry entry, string path, byte[] body, string? contentType, IHeaderDictionary? headers, string? turnId, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            if (table.Place(actor, entry) is not { } host)
            {
                if (time.GetElapsedTime(started) > HostLimit)
                    throw new DaprError(500, "ERR_ACTOR_INVOKE_METHOD", "error invoke actor method: failed to lookup actor: api error: code = FailedPrecondition desc = did not find address for actor");
                await Task.Delay(HostPause, time, cancellationToken);
                continue;
            }
            using var request = Request(host, actor, path, body, contentType, headers, turnId);
            try
            {
                return await host.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException fault) when (fault.HttpRequestError == HttpRequestError.ConnectionError)
            {
                // Refused: the process is gone and never saw the call.
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException)
            {
                throw new DaprError(500, "ERR_ACTOR_INVOKE_METHOD", $"error invoke actor method: the host went away during the call: {fault.Message}");
            }
        }
    }

    private static HttpRequestMessage Request(AppInstance host, ActorKey actor, string path, byte[] body, string? contentType, IHeaderDictionary? headers, string? turnId)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, host.Url($"/actors/{actor.Type}/{actor.Id}/{path}"))
        {
            Version = HttpVersion.Version11,
            Content = new ByteArrayContent(body),
        };
        if (contentType is not null)
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        if (headers is not null)
            foreach (var (name, values) in headers)
                if (!HopHeaders.IsHop(name) && !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)
                    && !name.Equals(Tokens.Header, StringComparison.OrdinalIgnoreCase) && !name.Equals(ReentrancyHeader, StringComparison.OrdinalIgnoreCase))
                    request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        if (turnId is not null)
            request.Headers.TryAddWithoutValidation(ReentrancyHeader, turnId);
        return request;
    }
}
