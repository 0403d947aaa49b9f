using Expert.Worker.Experts;
using Expert.Worker.Hosting;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Streams;
using Mesh.Governance.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Expert.Worker.Streams;

/// <summary>Opens direct streams: a POST over HTTP/2 whose body and response both last as long as the stream.</summary>
internal static partial class StreamEndpoint
{
    public static void MapStreams(this IEndpointRouteBuilder app) =>
        app.MapPost("/experts/{name}/stream", OpenAsync).WithMetadata(new StreamDoor()).DisableRequestTimeout();

    private static async Task<IResult> OpenAsync(
        string name, HttpContext context, [FromServices] ExpertHost experts, [FromServices] StreamTickets tickets, [FromServices] IMeshNode node, [FromServices] TimeProvider time, [FromServices] ILogger<StepStream> logger)
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
            return Results.Problem("A stream needs HTTP/2.", statusCode: StatusCodes.Status505HttpVersionNotsupported);
        if (!ExpertId.TryParse(name, out var id))
            return Results.Problem($"'{name}' is no expert name.", statusCode: StatusCodes.Status404NotFound);
        if (!tickets.Check(id, TicketOf(context.Request), out var router))
            return Results.Problem(router, statusCode: StatusCodes.Status401Unauthorized);
        if (experts.Find(id) is not { } expert)
            return Results.Problem($"Expert '{id}' is not on this worker.", statusCode: StatusCodes.Status404NotFound);
        var halted = node.Halted;   // read before it is asked whether the mesh may speak
        if (!node.MaySpeak || halted.IsCancellationRequested)
            return Results.Problem(HaltRule.Reason, statusCode: StatusCodes.Status503ServiceUnavailable);

        context.Features.Get<IHttpMinRequestBodyDataRateFeature>()?.MinDataRate = null;
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = null;
        context.Response.ContentType = "application/octet-stream";
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, expert.Stopping, halted);
        // Before a halt is acknowledged: nothing that is on its way out follows.
        using var cut = halted.UnsafeRegister(static context => ((HttpContext)context!).Abort(), context);
        expert.OnStreamOpened();
        LogOpened(logger, id, router);
        try
        {
            var fault = await new StepStream(expert, time).RunAsync(context.Request.Body, context.Response.Body, end.Token);
            if (fault is not null)
                LogBroken(logger, id, router, fault);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException)
        {
            // The router went away or the expert is unloaded. Aborting tells a router that still listens.
            context.Abort();
        }
        finally
        {
            LogClosed(logger, id, router);
            await experts.OnStreamClosedAsync(expert);
        }
        return Results.Empty;
    }

    private static ReadOnlySpan<char> TicketOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(StreamContract.TicketScheme + " ", StringComparison.Ordinal) ? header.AsSpan(StreamContract.TicketScheme.Length + 1) : default;
    }

    [LoggerMessage(LogLevel.Information, "Stream of {Expert} opened by {Router}")]
    private static partial void LogOpened(ILogger logger, ExpertId expert, string router);

    [LoggerMessage(LogLevel.Information, "Stream of {Expert} to {Router} has ended")]
    private static partial void LogClosed(ILogger logger, ExpertId expert, string router);

    [LoggerMessage(LogLevel.Warning, "Stream of {Expert} closed, {Router} broke its rules: {Fault}")]
    private static partial void LogBroken(ILogger logger, ExpertId expert, string router, string fault);
}
