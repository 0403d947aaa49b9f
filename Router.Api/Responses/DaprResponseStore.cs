using System.Globalization;
using System.Text.Json;
using Dapr.Client;
using Microsoft.Extensions.Options;
using Router.Api.Experts;
using Router.Api.Hosting;

namespace Router.Api.Responses;

/// <summary>In the Dapr state store, a key for each, which the store forgets by itself.</summary>
internal sealed class DaprResponseStore(DaprClient dapr, IOptions<RegistryOptions> mesh, IOptions<RouterOptions> router, TimeProvider time) : IResponseStore
{
    /// <summary>A sidecar takes 4 MiB in one call, and a conversation is several of them.</summary>
    private const int MostBytes = 1 << 20;

    public Task<StoredResponse?> LoadAsync(string id, CancellationToken cancellationToken) =>
        WithinAsync(token => dapr.GetStateAsync<StoredResponse?>(mesh.Value.StateStore, Key(id), ConsistencyMode.Strong, null, token), cancellationToken);

    public async Task SaveAsync(string id, StoredResponse response, CancellationToken cancellationToken)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(response, dapr.JsonSerializerOptions);
        if (bytes.Length > MostBytes)
            throw new ResponseStoreException($"It has {bytes.Length} bytes; {MostBytes} are kept.");
        var metadata = new Dictionary<string, string> { ["ttlInSeconds"] = ((long)router.Value.ResponseTtl.TotalSeconds).ToString(CultureInfo.InvariantCulture) };
        await WithinAsync(async token =>
        {
            await dapr.SaveStateAsync(mesh.Value.StateStore, Key(id), response, new() { Consistency = ConsistencyMode.Strong }, metadata, token);
            return true;
        }, cancellationToken);
    }

    public Task DeleteAsync(string id, CancellationToken cancellationToken) => WithinAsync(async token =>
    {
        await dapr.DeleteStateAsync(mesh.Value.StateStore, Key(id), new() { Consistency = ConsistencyMode.Strong }, null, token);
        return true;
    }, cancellationToken);

    private static string Key(string id) => "response-" + id;

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(mesh.Value.CallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await call(either.Token);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ResponseStoreException($"The state store '{mesh.Value.StateStore}' does not answer: {fault.Message}", fault);
        }
    }
}
