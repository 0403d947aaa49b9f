using System.Globalization;
using System.Net;
using System.Text;
using Dapr.Sidecar.Actors;
using Dapr.Sidecar.Grpc.Messages;
using Dapr.Sidecar.State;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dapr.Sidecar.Grpc;

internal sealed partial class DaprService
{
    public override async Task<InvokeActorResponse> InvokeActor(InvokeActorRequest request, ServerCallContext context)
    {
        _ = actorState.Store;
        var actor = new ActorKey(request.ActorType, request.ActorId);
        var headers = new HeaderDictionary();
        foreach (var (name, value) in request.Metadata)
            headers[name] = value;
        using var response = await calls.CallAsync(actor, $"method/{Uri.EscapeDataString(request.Method)}", request.Data.ToByteArray(), null, headers, context.CancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
            throw await ActorEndpoints.FaultAsync(response, actor, request.Method, context.CancellationToken);
        return new() { Data = UnsafeByteOperations.UnsafeWrap(await response.Content.ReadAsByteArrayAsync(context.CancellationToken)) };
    }

    public override Task<GetActorStateResponse> GetActorState(GetActorStateRequest request, ServerCallContext context)
    {
        var response = new GetActorStateResponse();
        if (actorState.Get(App(context), new(request.ActorType, request.ActorId), request.Key) is not { } entry)
            return Task.FromResult(response);
        response.Data = UnsafeByteOperations.UnsafeWrap(entry.Value);
        if (entry.Expires is { } expires)
            response.Metadata["ttlExpireTime"] = expires.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        return Task.FromResult(response);
    }

    public override async Task<Empty> ExecuteActorStateTransaction(ExecuteActorStateTransactionRequest request, ServerCallContext context)
    {
        var (app, actor) = (App(context), new ActorKey(request.ActorType, request.ActorId));
        await actorState.WriteAsync(app, actor, () => [.. request.Operations.Select(o => o.OperationType switch
        {
            "upsert" => new StateWrite(actor.StateKey(app.AppId, o.Key), o.Value?.Value.ToByteArray() ?? [], Ttl: StateJson.Ttl(Metadata(o.Metadata), ActorState.Fault)),
            "delete" => new StateWrite(actor.StateKey(app.AppId, o.Key), null),
            _ => throw ActorState.Fault($"operation type {o.OperationType} not supported"),
        })], context.CancellationToken);
        return new();
    }

    public override async Task<Empty> RegisterActorReminder(RegisterActorReminderRequest request, ServerCallContext context)
    {
        await reminders.SetAsync(App(context), new(request.ActorType, request.ActorId), request.Name,
            new(request.DueTime, request.Period, request.Ttl, null, Data(request.Data)), context.CancellationToken);
        return new();
    }

    public override async Task<Empty> UnregisterActorReminder(UnregisterActorReminderRequest request, ServerCallContext context)
    {
        await reminders.DeleteAsync(App(context), new(request.ActorType, request.ActorId), request.Name, context.CancellationToken);
        return new();
    }

    public override Task<Empty> RegisterActorTimer(RegisterActorTimerRequest request, ServerCallContext context)
    {
        timers.Set(App(context), new(request.ActorType, request.ActorId), request.Name, new(request.DueTime, request.Period, request.Ttl, request.Callback, Data(request.Data)));
        return Task.FromResult(new Empty());
    }

    public override Task<Empty> UnregisterActorTimer(UnregisterActorTimerRequest request, ServerCallContext context)
    {
        timers.Delete(new(request.ActorType, request.ActorId), request.Name);
        return Task.FromResult(new Empty());
    }

    /// <summary>Bytes reach the app as JSON: as text in base64.</summary>
    private static byte[]? Data(ByteString data) => data.IsEmpty ? null : Encoding.UTF8.GetBytes($"\"{data.ToBase64()}\"");
}
