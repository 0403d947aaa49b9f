using System.Text;
using Dapr.Client;
using Dapr.Conformance.Tests.Hosting;
using Grpc.Core;

namespace Dapr.Conformance.Tests.State;

/// <summary>The official client, which speaks gRPC.</summary>
public abstract class StateClientFacts(Site site) : SidecarTest(site)
{
    private sealed record Part(string Name, long Big);

    private DaprClient Client => Site.Client;

    [SkippableFact]
    public async Task Objects_round_trip_and_keep_their_digits()
    {
        var key = NewId();
        await Client.SaveStateAsync("statestore", key, new Part("ü", 9007199254740993));
        Assert.Equal(new Part("ü", 9007199254740993), await Client.GetStateAsync<Part>("statestore", key));
        await Client.DeleteStateAsync("statestore", key);
        Assert.Null(await Client.GetStateAsync<Part>("statestore", key));
        Assert.Equal((null, ""), await Client.GetStateAndETagAsync<Part>("statestore", key));
    }

    [SkippableFact]
    public async Task Try_methods_say_false_on_another_version()
    {
        var key = NewId();
        await Client.SaveStateAsync("statestore", key, 1);
        var (value, etag) = await Client.GetStateAndETagAsync<int>("statestore", key);
        Assert.Equal(1, value);
        Assert.True(await Client.TrySaveStateAsync("statestore", key, 2, etag));
        Assert.False(await Client.TrySaveStateAsync("statestore", key, 3, etag));
        Assert.False(await Client.TryDeleteStateAsync("statestore", key, etag));
        (_, etag) = await Client.GetStateAndETagAsync<int>("statestore", key);
        Assert.True(await Client.TryDeleteStateAsync("statestore", key, etag));
    }

    [SkippableFact]
    public async Task First_write_creates_only_once()
    {
        var (key, options) = (NewId(), new StateOptions { Concurrency = ConcurrencyMode.FirstWrite, Consistency = ConsistencyMode.Strong });
        await Client.SaveStateAsync("statestore", key, 1, options);
        var fault = await Assert.ThrowsAsync<DaprException>(() => Client.SaveStateAsync("statestore", key, 2, options));
        Assert.Equal(IsRedis || IsPostgres ? StatusCode.Internal : StatusCode.Aborted, Assert.IsType<RpcException>(fault.InnerException).StatusCode);
    }

    [SkippableFact]
    public async Task Transactions_and_bulk_work()
    {
        var (first, second) = (NewId(), NewId());
        await Client.SaveStateAsync("statestore", first, "old");
        await Client.ExecuteStateTransactionAsync("statestore",
        [
            new(first, null, StateOperationType.Delete),
            new(second, Encoding.UTF8.GetBytes("\"new\""), StateOperationType.Upsert, metadata: new Dictionary<string, string> { ["ttlInSeconds"] = "60" }),
        ]);
        var found = await Client.GetBulkStateAsync("statestore", [first, second], 2);
        Assert.Equal(["", "\"new\""], found.OrderBy(f => f.Key == second).Select(f => f.Value));
        var fault = await Assert.ThrowsAsync<DaprException>(() => Client.ExecuteStateTransactionAsync("statestore", [new(second, [1], StateOperationType.Upsert, IsRedis ? "99999" : "4f4d1f5e-0000-4000-8000-000000000000")]));
        Assert.Equal(StatusCode.Internal, Assert.IsType<RpcException>(fault.InnerException).StatusCode);
        await Client.SaveBulkStateAsync<string>("statestore", [new(first, "a", ""), new(second, "b", "")]);
        Assert.Equal("b", await Client.GetStateAsync<string>("statestore", second));
        await Client.DeleteBulkStateAsync("statestore", [new(first, "", null!, null!), new(second, "", null!, null!)]);
        Assert.Null(await Client.GetStateAsync<string>("statestore", second));
    }

    [SkippableFact]
    public async Task Values_expire()
    {
        var key = NewId();
        // Long enough that a slow machine still reads it; daprd counts whole seconds.
        await Client.SaveStateAsync("statestore", key, 1, metadata: new Dictionary<string, string> { ["ttlInSeconds"] = "3" });
        Assert.Equal(1, await Client.GetStateAsync<int>("statestore", key));
        await Eventually.HoldsAsync(async () => await Client.GetStateAsync<int?>("statestore", key) is null, "it has expired");
    }

    [SkippableTheory, InlineData("nobody", "k", StatusCode.InvalidArgument), InlineData("statestore", "a||b", StatusCode.InvalidArgument)]
    public async Task Faults_carry_their_status(string store, string key, StatusCode code)
    {
        var fault = await Assert.ThrowsAsync<DaprException>(() => Client.GetStateAsync<int>(store, key));
        Assert.Equal(code, Assert.IsType<RpcException>(fault.InnerException).StatusCode);
        fault = await Assert.ThrowsAsync<DaprException>(() => Client.SaveStateAsync(store, key, 1));
        Assert.Equal(code, Assert.IsType<RpcException>(fault.InnerException).StatusCode);
        fault = await Assert.ThrowsAsync<DaprException>(() => Client.DeleteStateAsync(store, key));
        Assert.Equal(code, Assert.IsType<RpcException>(fault.InnerException).StatusCode);
    }
}

[Collection(EmbeddedSite.Name)]
public sealed class StateClientFactsOnEmbedded(EmbeddedSite site) : StateClientFacts(site);

[Collection(DaprdSite.Name)]
public sealed class StateClientFactsOnDaprd(DaprdSite site) : StateClientFacts(site);
