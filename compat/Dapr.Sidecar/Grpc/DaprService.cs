using Dapr.Sidecar.Actors;
using Dapr.Sidecar.Actors.Reminders;
using Dapr.Sidecar.Actors.Timers;
using Dapr.Sidecar.Components;
using Dapr.Sidecar.Grpc.Messages;
using Dapr.Sidecar.Hosting;
using Dapr.Sidecar.Metadata;
using Dapr.Sidecar.PubSub;
using Dapr.Sidecar.State;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dapr.Sidecar.Grpc;

/// <summary>dapr.proto.runtime.v1.Dapr: what the HTTP API does, for the SDK's gRPC calls. Here metadata and pub/sub; the rest has files of its own.</summary>
internal sealed partial class DaprService(
    AppRegistry apps, StateStores stores, ActorTable table, ActorCalls calls, ActorState actorState, ActorReminders reminders, ActorTimers timers,
    Broker broker, ExtendedMetadata extended, IReadOnlyList<Component> components) : Messages.Dapr.DaprBase
{
    public override async Task<Empty> PublishEvent(PublishEventRequest request, ServerCallContext context)
    {
        var app = App(context);
        var message = new PublishedData(app.AppId, request.PubsubName, request.Topic, request.Data.ToByteArray(), request.DataContentType, Trace(context, "traceparent"), Trace(context, "tracestate"));
        await broker.PublishAsync(app, request.PubsubName, request.Topic, [message], _ => Metadata(request.Metadata), context.CancellationToken);
        return new();
    }

    public override async Task<BulkPublishResponse> BulkPublishEventAlpha1(BulkPublishRequest request, ServerCallContext context)
    {
        var app = App(context);
        broker.MustExist(app, request.PubsubName, request.Topic);
        PubSubEndpoints.CheckIds(request.Entries.Select(e => e.EntryId), request.PubsubName, request.Topic);
        var messages = request.Entries.Select(e =>
            new PublishedData(app.AppId, request.PubsubName, request.Topic, e.Event.ToByteArray(), e.ContentType, Trace(context, "traceparent"), Trace(context, "tracestate"))).ToArray();
        var common = Metadata(request.Metadata);
        await broker.PublishAsync(app, request.PubsubName, request.Topic, messages,
            i => PubSubEndpoints.OfEntry(common, Metadata(request.Entries[i].Metadata)), context.CancellationToken);
        return new();
    }

    public override Task<Empty> SetMetadata(SetMetadataRequest request, ServerCallContext context)
    {
        extended.Of(App(context))[request.Key] = request.Value;
        return Task.FromResult(new Empty());
    }

    public override Task<GetMetadataResponse> GetMetadata(GetMetadataRequest request, ServerCallContext context)
    {
        var app = App(context);
        var response = new GetMetadataResponse { Id = app.AppId, RuntimeVersion = MetadataEndpoints.Version };
        var active = app.Actors.Types.Select(t => new ActiveActorsCount { Type = t, Count = table.CountOf(app, t) }).ToArray();
        response.ActiveActorsCount.AddRange(active);
        response.ActorRuntime = new() { RuntimeStatus = 2, HostReady = active.Length > 0, Placement = "placement: connected" };
        response.ActorRuntime.ActiveActors.AddRange(active);
        response.ExtendedMetadata.Add(extended.Of(app).ToDictionary());
        foreach (var component in components.Where(c => c.IsFor(app.AppId)))
        {
            var registered = new RegisteredComponents { Name = component.Name, Type = component.Type, Version = "v1" };
            registered.Capabilities.AddRange(MetadataEndpoints.Capabilities(component));
            response.RegisteredComponents.Add(registered);
        }
        foreach (var subscription in app.Presence?.Subscriptions ?? [])
        {
            var shown = new PubsubSubscription { PubsubName = subscription.PubSub, Topic = subscription.Topic, Rules = new(), DeadLetterTopic = subscription.DeadLetterTopic, Type = 2 };
            shown.Rules.Rules.AddRange(subscription.Rules.Select(r => new PubsubSubscriptionRule { Match = r.Match?.Text ?? "", Path = r.Path }));
            response.Subscriptions.Add(shown);
        }
        return Task.FromResult(response);
    }

    private AppInstance App(ServerCallContext context) => apps.Of(context.GetHttpContext());

    private static string? Trace(ServerCallContext context, string name) => context.RequestHeaders.GetValue(name);

    private static Dictionary<string, string> Metadata(IEnumerable<KeyValuePair<string, string>> metadata) => new(metadata, StringComparer.OrdinalIgnoreCase);
}
