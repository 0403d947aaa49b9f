using System.Net;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.Actors;

/// <summary>Brings calls to actors, a turn each. When the host turns out to be gone before it took the call, the next host gets it.</summary>
internal sealed class ActorCalls(ActorTable table, TimeProvider time)
{
    public const string ReentrancyHeader = "Dapr-Reentrancy-Id";
    private static readonly TimeSpan HostLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HostPause = TimeSpan.FromMilliseconds(50);

    /// <param name="path">Behind /actors/{type}/{id}/.</param>
    /// <exception cref="DaprError">No host, a stack too deep, or the host died under the call.</exception>
    public async Task<HttpResponseMessage> CallAsync(
        ActorKey actor, string path, byte[] body, string? contentType, IHeaderDictionary? headers, string? reentrancyId, CancellationToken cancellationToken)
    {
        var entry = table.Get(actor);
        var reentrant = table.Place(actor, entry)?.Actors is { Reentrant: true };
        if (reentrant)
            reentrancyId ??= Guid.NewGuid().ToString();
        if (!await entry.Turns.EnterAsync(reentrant ? reentrancyId : null, entry.Owner?.Actors.MaxStackDepth ?? 32, cancellationToken))
            throw new DaprError(500, "ERR_ACTOR_STACK_DEPTH", "maximum stack depth exceeded");
        try
        {
            var started = time.GetTimestamp();
            while (true)
            {
                if (table.Place(actor, entry) is not { } host)
                {
                    if (time.GetElapsedTime(started) > HostLimit)
                        throw new DaprError(500, "ERR_ACTOR_NO_ADDRESS", $"error invoke actor method: did not find address for actor {actor.Type}/{actor.Id}");
                    await Task.Delay(HostPause, time, cancellationToken);
                    continue;
                }
                using var request = Request(host, actor, path, body, contentType, headers, reentrant ? reentrancyId : null);
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
        finally
        {
            entry.Turns.LastUse = time.GetTimestamp();
            entry.Turns.Leave();
        }
    }

    private static HttpRequestMessage Request(
        AppInstance host, ActorKey actor, string path, byte[] body, string? contentType, IHeaderDictionary? headers, string? reentrancyId)
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
                if (!HopHeaders.IsHop(name) && !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && !name.Equals(Tokens.Header, StringComparison.OrdinalIgnoreCase))
                    request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        if (reentrancyId is not null)
        {
            request.Headers.Remove(ReentrancyHeader);
            request.Headers.TryAddWithoutValidation(ReentrancyHeader, reentrancyId);
        }
        return request;
    }
}

/// <summary>Headers that belong to one connection and are never passed on.</summary>
internal static class HopHeaders
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
        { "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Host", "Content-Length", "Expect" };

    public static bool IsHop(string name) => Names.Contains(name) || name.StartsWith(':');
}
