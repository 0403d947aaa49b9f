using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Grpc.Messages;
using Dapr.Sidecar.Hosting;
using Dapr.Sidecar.State;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dapr.Sidecar.Grpc;

internal sealed partial class DaprService
{
    public override Task<GetStateResponse> GetState(GetStateRequest request, ServerCallContext context)
    {
        var (store, app) = Find(request.StoreName, context);
        var entry = store.Get(StateStores.KeyOf(store, app, request.Key));
        return Task.FromResult(entry is null ? new() : new GetStateResponse { Data = UnsafeByteOperations.UnsafeWrap(entry.Value), Etag = entry.ETag });
    }

    public override Task<GetBulkStateResponse> GetBulkState(GetBulkStateRequest request, ServerCallContext context)
    {
        var (store, app) = Find(request.StoreName, context);
        var response = new GetBulkStateResponse();
        foreach (var (key, (_, entry)) in request.Keys.Zip(store.GetMany(request.Keys.Select(k => StateStores.KeyOf(store, app, k)))))
            response.Items.Add(entry is null ? new() { Key = key } : new BulkStateItem { Key = key, Data = UnsafeByteOperations.UnsafeWrap(entry.Value), Etag = entry.ETag });
        return Task.FromResult(response);
    }

    public override Task<Empty> SaveState(SaveStateRequest request, ServerCallContext context) =>
        WriteAsync(request.StoreName, context, StatusCode.Aborted, "failed saving state in state store " + request.StoreName,
            (store, app) => request.States.Select(s => Write(store, app, s, isDelete: false, [])));

    public override Task<Empty> DeleteState(DeleteStateRequest request, ServerCallContext context) =>
        WriteAsync(request.StoreName, context, StatusCode.Aborted, $"failed deleting state with key {request.Key}",
            (store, app) => [new(StateStores.KeyOf(store, app, request.Key), null, request.Etag?.Value)]);

    public override Task<Empty> DeleteBulkState(DeleteBulkStateRequest request, ServerCallContext context) =>
        WriteAsync(request.StoreName, context, StatusCode.Aborted, "failed deleting state in bulk", (store, app) => request.States.Select(s => Write(store, app, s, isDelete: true, [])));

    public override Task<Empty> ExecuteStateTransaction(ExecuteStateTransactionRequest request, ServerCallContext context)
    {
        var common = Metadata(request.Metadata);
        return WriteAsync(request.StoreName, context, StatusCode.Internal, "error while executing state transaction", (store, app) => request.Operations.Select(o => o.OperationType is "upsert" or "delete"
            ? Write(store, app, o.Request ?? new(), o.OperationType == "delete", common)
            : throw new DaprError(501, "ERR_NOT_SUPPORTED_STATE_OPERATION", $"operation type {o.OperationType} not supported")));
    }

    private async Task<Empty> WriteAsync(string name, ServerCallContext context, StatusCode mismatch, string prefix, Func<StateStore, AppInstance, IEnumerable<StateWrite>> writes)
    {
        var (store, app) = Find(name, context);
        try
        {
            await store.WriteAsync([.. writes(store, app)], context.CancellationToken);
            return new();
        }
        catch (ETagMismatch fault)
        {
            throw new RpcException(new(mismatch, $"{prefix}: {fault.Message}"));
        }
    }

    private (StateStore Store, AppInstance App) Find(string name, ServerCallContext context)
    {
        var app = App(context);
        return (stores.Find(name, app), app);
    }

    private static StateWrite Write(StateStore store, AppInstance app, StateItem item, bool isDelete, Dictionary<string, string> common)
    {
        if (item.Key.Length == 0)
            throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", "\"key\" is a required field");
        var metadata = Metadata(item.Metadata);
        return new(StateStores.KeyOf(store, app, item.Key), isDelete ? null : item.Value.ToByteArray(), item.Etag?.Value,
            item.Options?.Concurrency == StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite,
            StateJson.Ttl(metadata.ContainsKey("ttlInSeconds") ? metadata : common, message => new(500, "ERR_STATE_SAVE", message)));
    }
}
