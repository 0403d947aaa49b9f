using Dapr.Sidecar.Actors;
using Dapr.Sidecar.Components;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Grpc.Messages;
using Dapr.Sidecar.Hosting;
using Dapr.Sidecar.Metadata;
using Dapr.Sidecar.State;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dapr.Sidecar.Grpc;

/// <summary>dapr.proto.runtime.v1.Dapr: what the HTTP API does, for the SDK's gRPC calls.</summary>
internal sealed class DaprService(AppRegistry apps, StateStores stores, ActorTable table, IReadOnlyList<Component> components) : Messages.Dapr.DaprBase
{
    public override Task<GetStateResponse> GetState(GetStateRequest request, ServerCallContext context)
    {
        var (store, app) = Find(request.StoreName, context);
        var entry = store.Get(Key(store, app, request.Key));
        return Task.FromResult(entry is null ? new() : new GetStateResponse { Data = UnsafeByteOperations.UnsafeWrap(entry.Value), Etag = entry.ETag });
    }

    public override Task<GetBulkStateResponse> GetBulkState(GetBulkStateRequest request, ServerCallContext context)
    {
        var (store, app) = Find(request.StoreName, context);
        var response = new GetBulkStateResponse();
        foreach (var (key, (_, entry)) in request.Keys.Zip(store.GetMany(request.Keys.Select(k => Key(store, app, k)))))
            response.Items.Add(entry is null ? new() { Key = key } : new BulkStateItem { Key = key, Data = ByteString.CopyFrom(entry.Value), Etag = entry.ETag });
        return Task.FromResult(response);
    }

    public override Task<Empty> SaveState(SaveStateRequest request, ServerCallContext context) =>
        WriteAsync(request.StoreName, context, StatusCode.Aborted, (store, app) => request.States.Select(s => Write(store, app, s, isDelete: false)));

    public override Task<Empty> DeleteState(DeleteStateRequest request, ServerCallContext context) =>
        WriteAsync(request.StoreName, context, StatusCode.Aborted, (store, app) => [new(Key(store, app, request.Key), null, request.Etag?.Value)]);

    public override Task<Empty> DeleteBulkState(DeleteBulkStateRequest request, ServerCallContext context) =>
        WriteAsync(request.StoreName, context, StatusCode.Aborted, (store, app) => request.States.Select(s => Write(store, app, s, isDelete: true)));

    public override Task<Empty> ExecuteStateTransaction(ExecuteStateTransactionRequest request, ServerCallContext context) =>
        WriteAsync(request.StoreName, context, StatusCode.Internal, (store, app) => request.Operations.Select(o => o.OperationType is "upsert" or "delete"
            ? Write(store, app, o.Request ?? new(), o.OperationType == "delete")
            : throw new RpcException(new(StatusCode.Unimplemented, $"operation type {o.OperationType} not supported"))));

    public override Task<GetMetadataResponse> GetMetadata(GetMetadataRequest request, ServerCallContext context)
    {
        var app = apps.Of(context.GetHttpContext());
        var response = new GetMetadataResponse { Id = app.AppId, RuntimeVersion = MetadataEndpoints.Version };
        response.ActiveActorsCount.AddRange(app.Actors.Types.Select(t => new ActiveActorsCount { Type = t, Count = table.CountOf(app, t) }));
        foreach (var component in components.Where(c => c.IsFor(app.AppId)))
        {
            var registered = new RegisteredComponents { Name = component.Name, Type = component.Type, Version = "v1" };
            registered.Capabilities.AddRange(MetadataEndpoints.Capabilities(component));
            response.RegisteredComponents.Add(registered);
        }
        return Task.FromResult(response);
    }

    private async Task<Empty> WriteAsync(string name, ServerCallContext context, StatusCode mismatch, Func<StateStore, AppInstance, IEnumerable<StateWrite>> writes)
    {
        var (store, app) = Find(name, context);
        try
        {
            await store.WriteAsync([.. writes(store, app)], context.CancellationToken);
            return new();
        }
        catch (ETagMismatch fault)
        {
            throw new RpcException(new(mismatch, fault.Message));
        }
        catch (DaprError fault)
        {
            throw new RpcException(new(StatusCode.InvalidArgument, fault.Message));
        }
    }

    private (StateStore Store, AppInstance App) Find(string name, ServerCallContext context)
    {
        var app = apps.Of(context.GetHttpContext());
        try
        {
            return (stores.Find(name, app), app);
        }
        catch (DaprError fault)
        {
            throw new RpcException(new(fault.Status == 500 ? StatusCode.FailedPrecondition : StatusCode.InvalidArgument, fault.Message));
        }
    }

    private static string Key(StateStore store, AppInstance app, string key)
    {
        try
        {
            return StateStores.KeyOf(store, app, key);
        }
        catch (DaprError fault)
        {
            throw new RpcException(new(StatusCode.InvalidArgument, fault.Message));
        }
    }

    private static StateWrite Write(StateStore store, AppInstance app, StateItem item, bool isDelete) => new(
        Key(store, app, item.Key), isDelete ? null : item.Value.ToByteArray(), item.Etag?.Value,
        item.Options?.Concurrency == StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite, StateJson.ParseTtl(item.Metadata.GetValueOrDefault("ttlInSeconds")));
}
