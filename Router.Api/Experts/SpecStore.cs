using Dapr.Client;
using Mesh.Contracts.Experts;
using Microsoft.Extensions.Options;

namespace Router.Api.Experts;

/// <summary>What people changed at run time and a restart of the router must not forget.</summary>
public sealed record StoredExperts
{
    /// <summary>Registered experts, in order of registration; one with the name of a catalogue entry replaces it.</summary>
    public IReadOnlyList<ExpertSpec> Specs { get; init; } = [];

    /// <summary>Experts that were taken out of the pool.</summary>
    public IReadOnlyList<ExpertId> Offline { get; init; } = [];

    /// <summary>Experts that were removed, and stay so though the catalogue names them, until they are registered again.</summary>
    public IReadOnlyList<ExpertId> Removed { get; init; } = [];

    public StoredExperts With(ExpertSpec spec) => this with { Specs = [.. Specs.Where(s => s.Id != spec.Id), spec], Removed = [.. Removed.Where(r => r != spec.Id)] };

    public StoredExperts Without(ExpertId id) => new()
    {
        Specs = [.. Specs.Where(s => s.Id != id)],
        Offline = [.. Offline.Where(o => o != id)],
        Removed = [.. Removed.Where(r => r != id), id],
    };

    public StoredExperts WithOffline(ExpertId id, bool offline) =>
        this with { Offline = [.. Offline.Where(o => o != id).Concat(offline ? [id] : Array.Empty<ExpertId>())] };
}

/// <summary>Keeps <see cref="StoredExperts"/> durably.</summary>
public interface ISpecStore
{
    /// <exception cref="SpecStoreException">The store does not answer.</exception>
    Task<StoredExperts> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Applies <paramref name="change"/> to what is stored now, also when somebody else changes it at the same time.</summary>
    /// <exception cref="SpecStoreException">Nothing was stored.</exception>
    Task ChangeAsync(Func<StoredExperts, StoredExperts> change, CancellationToken cancellationToken);
}

/// <summary>The state store did not take or give the registered experts.</summary>
public sealed class SpecStoreException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>In the Dapr state store, under one key with its ETag.</summary>
internal sealed class DaprSpecStore(DaprClient dapr, IOptions<RegistryOptions> options, TimeProvider time) : ISpecStore
{
    private const string Key = "experts";
    private const int Attempts = 10;
    private static readonly StateOptions FirstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite, Consistency = ConsistencyMode.Strong };

    public async Task<StoredExperts> LoadAsync(CancellationToken cancellationToken) => (await ReadAsync(cancellationToken)).Stored;

    public async Task ChangeAsync(Func<StoredExperts, StoredExperts> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (stored, etag) = await ReadAsync(cancellationToken);
            if (await WithinAsync(token => dapr.TrySaveStateAsync(options.Value.StateStore, Key, change(stored), etag, FirstWrite, null, token), cancellationToken))
                return;
        }
        throw new SpecStoreException($"Somebody else changed the registered experts {Attempts} times meanwhile; try again.");
    }

    private async Task<(StoredExperts Stored, string ETag)> ReadAsync(CancellationToken cancellationToken)
    {
        var (stored, etag) = await WithinAsync(
            token => dapr.GetStateAndETagAsync<StoredExperts?>(options.Value.StateStore, Key, ConsistencyMode.Strong, null, token), cancellationToken);
        return (stored ?? new(), etag);
    }

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Value.CallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await call(either.Token);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SpecStoreException($"The state store '{options.Value.StateStore}' does not answer: {fault.Message}", fault);
        }
    }
}
