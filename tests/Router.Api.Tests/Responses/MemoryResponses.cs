using System.Collections.Concurrent;
using Router.Api.Responses;

namespace Router.Api.Tests.Responses;

/// <summary>A store in this process, which can be away.</summary>
internal sealed class MemoryResponses : IResponseStore
{
    private readonly ConcurrentDictionary<string, StoredResponse> _kept = new();

    public bool IsAway { get; set; }

    public int Count => _kept.Count;

    public Task<StoredResponse?> LoadAsync(string id, CancellationToken cancellationToken) => Task.FromResult(Reach().GetValueOrDefault(id));

    public Task SaveAsync(string id, StoredResponse response, CancellationToken cancellationToken)
    {
        Reach()[id] = response;
        return Task.CompletedTask;
    }

    public Task DeleteAsync(string id, CancellationToken cancellationToken)
    {
        Reach().TryRemove(id, out _);
        return Task.CompletedTask;
    }

    private ConcurrentDictionary<string, StoredResponse> Reach() => IsAway ? throw new ResponseStoreException("The store is away.") : _kept;
}
