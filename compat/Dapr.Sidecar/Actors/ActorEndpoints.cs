using System.Net;
using System.Text.Json;
using Dapr.Sidecar.Actors.Reminders;
using Dapr.Sidecar.Actors.Timers;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;
using Dapr.Sidecar.Invocation;
using Dapr.Sidecar.State;

namespace Dapr.Sidecar.Actors;

/// <summary>/v1.0/actors: calls, state, reminders and timers.</summary>
internal static class ActorEndpoints
{
    public static IServiceCollection AddActors(this IServiceCollection services) => services
        .AddSingleton<ActorTable>()
        .AddSingleton<ActorCalls>()
        .AddSingleton<ActorState>()
        .AddSingleton<ReminderStore>()
        .AddSingleton<ActorReminders>()
        .AddSingleton<ActorTimers>()
        .AddHostedService(s => s.GetRequiredService<ActorReminders>())
        .AddSingleton<ActorIdling>()
        .AddHostedService(s => s.GetRequiredService<ActorIdling>())
        .AddHostedService<ActorBalance>();

    public static void MapActors(this IEndpointRouteBuilder routes)
    {
        var actor = routes.MapGroup("/v1.0/actors/{type}/{id}");
        actor.MapMethods("/method/{method}", ["GET", "POST", "PUT", "DELETE"], Invoke);
        actor.MapGet("/state/{key}", GetState);
        actor.MapMethods("/state", ["POST", "PUT"], Transact);
        actor.MapMethods("/reminders/{name}", ["POST", "PUT"], Remind);
        actor.MapGet("/reminders/{name}", (HttpContext context, AppRegistry apps, ActorReminders reminders) =>
            Results.Bytes(reminders.Describe(apps.Of(context), Key(context), RequestBody.Segment(context, 5)), "application/json"));
        actor.MapDelete("/reminders/{name}", async (HttpContext context, AppRegistry apps, ActorReminders reminders, CancellationToken cancellationToken) =>
        {
            await reminders.DeleteAsync(apps.Of(context), Key(context), RequestBody.Segment(context, 5), cancellationToken);
            return Results.NoContent();
        });
        actor.MapMethods("/timers/{name}", ["POST", "PUT"], StartTimer);
        actor.MapDelete("/timers/{name}", (HttpContext context, ActorTimers timers) =>
        {
            timers.Delete(Key(context), RequestBody.Segment(context, 5));
            return Results.NoContent();
        });
    }

    private static ActorKey Key(HttpContext context) => new(RequestBody.Segment(context, 2), RequestBody.Segment(context, 3));

    private static async Task Invoke(HttpContext context, ActorCalls calls, ActorState state)
    {
        _ = state.Store; // without one there are no actors
        var (actor, method) = (Key(context), RequestBody.Segment(context, 5));
        byte[] body;
        try
        {
            body = await RequestBody.BytesAsync(context);
        }
        catch (BodyTooLarge)
        {
            throw DaprError.BadRequest("ERR_BAD_REQUEST", "invalid request: failed to read body: stream too large");
        }
        using var response = await calls.CallAsync(actor, $"method/{Uri.EscapeDataString(method)}", body, context.Request.ContentType, context.Request.Headers, context.RequestAborted);
        if (response.StatusCode != HttpStatusCode.OK)
            throw await FaultAsync(response, actor, method, context.RequestAborted);
        await HopHeaders.CopyAsync(response, context);
    }

    /// <summary>Only 200 is success for an actor.</summary>
    public static async Task<DaprError> FaultAsync(HttpResponseMessage response, ActorKey actor, string method, CancellationToken cancellationToken) => new(500, "ERR_ACTOR_INVOKE_METHOD",
        response.StatusCode == HttpStatusCode.NotFound
            ? $"error invoke actor method: actor method not found: actors/{actor.Type}/{actor.Id}/method/{method}"
            : $"error invoke actor method: error from actor service: ({(int)response.StatusCode}) {await response.Content.ReadAsStringAsync(cancellationToken)}");

    private static IResult GetState(HttpContext context, ActorState state, AppRegistry apps)
    {
        if (state.Get(apps.Of(context), Key(context), RequestBody.Segment(context, 5)) is not { } entry)
            return Results.NoContent();
        StateEndpoints.ShowExpiry(context, entry);
        return Results.Bytes(entry.Value, "application/json");
    }

    private static async Task<IResult> Transact(HttpContext context, ActorState state, AppRegistry apps)
    {
        var (actor, app) = (Key(context), apps.Of(context));
        using var body = await RequestBody.JsonAsync(context, JsonValueKind.Array);
        await state.WriteAsync(app, actor, () => ActorState.Parse(body.RootElement, actor, app), context.RequestAborted);
        return Results.NoContent();
    }

    private static async Task<IResult> Remind(HttpContext context, AppRegistry apps, ActorReminders reminders)
    {
        using var body = await RequestBody.JsonAsync(context, JsonValueKind.Object);
        await reminders.SetAsync(apps.Of(context), Key(context), RequestBody.Segment(context, 5), Schedule.Read(body.RootElement), context.RequestAborted);
        return Results.NoContent();
    }

    private static async Task<IResult> StartTimer(HttpContext context, AppRegistry apps, ActorTimers timers)
    {
        using var body = await RequestBody.JsonAsync(context, JsonValueKind.Object);
        timers.Set(apps.Of(context), Key(context), RequestBody.Segment(context, 5), Schedule.Read(body.RootElement));
        return Results.NoContent();
    }
}
