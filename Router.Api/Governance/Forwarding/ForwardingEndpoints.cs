using System.Text;
using Mesh.Governance.Http;
using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Governance.Forwarding;

/// <summary>
/// <c>/governance/*</c>, <c>/ledger/*</c> and <c>/selfprompt/*</c>: one address serves people. A halt is taken by this router and the nodes it knows before governance is asked, and is in force
/// there whether governance answers or not. Its end is governance's matter: nothing goes on before the ledger has that.
/// </summary>
internal static class ForwardingEndpoints
{
    private const int MostNoteBytes = 64 << 10;
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE"];

    public static void MapForwarding(this IEndpointRouteBuilder app)
    {
        foreach (var (area, to) in (ReadOnlySpan<(string, MeshApp)>)[("governance", MeshApp.Governance), ("ledger", MeshApp.Governance), ("selfprompt", MeshApp.SelfPrompt)])
            app.MapMethods($"/{area}/{{**path}}", Methods, (HttpContext context, AppForwarder apps) => apps.SendAsync(context, to)).ExcludeFromDescription();
        app.MapPost("/governance/halt", HaltAsync).ExcludeFromDescription();
    }

    private static async Task HaltAsync(HttpContext context, IMeshNode node, NodeCalls nodes, AppForwarder apps)
    {
        var note = await ReadNoteAsync(context);
        Acknowledgement? taken = null;
        NodeRefusedException? refusal = null;
        try
        {
            taken = await node.HaltAsync(note, CancellationToken.None);   // whoever asked may leave: what was begun is ended
        }
        catch (NodeRefusedException refused)
        {
            refusal = refused;   // governance may know members that this node has not heard of yet; others may have a disk
        }
        var telling = refusal is { Status: < 500, IsOwnTrouble: false } ? Task.FromResult(new Told([], [])) : nodes.HaltAsync(note, CancellationToken.None);
        try
        {
            await apps.SendAsync(context, MeshApp.Governance, isHalt: true);
            await telling;
        }
        catch (ApiException away) when (!context.Response.HasStarted)
        {
            var (reached, unreached) = await telling;
            if (taken is null && reached.Count == 0)
                throw refusal!.Status >= 500 ? away : new ApiException(refusal.Status, refusal.Message, ApiErrors.InvalidRequest, code: refusal.Code);
            context.Response.StatusCode = StatusCodes.Status200OK;
            await context.SendJsonAsync(json =>
            {
                json.WriteStartObject();
                json.WriteString("governance"u8, "unavailable"u8);
                json.WriteString("node"u8, node.Name);
                json.WriteBoolean("halted"u8, node.IsHalted);
                WriteNames("halts"u8, node.Halts);
                WriteNames("reached"u8, taken is null ? reached : [node.Name, .. reached]);
                WriteNames("unreached"u8, unreached);
                json.WriteBoolean("committed"u8, false);
                json.WriteEndObject();

                void WriteNames(ReadOnlySpan<byte> field, IEnumerable<string> names)
                {
                    json.WriteStartArray(field);
                    foreach (var name in names)
                        json.WriteStringValue(name);
                    json.WriteEndArray();
                }
            });
        }
    }

    /// <summary>The note, and the body as if it had not been read.</summary>
    private static async Task<string> ReadNoteAsync(HttpContext context)
    {
        var bytes = new byte[MostNoteBytes + 1];
        var length = await context.Request.Body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, context.RequestAborted);
        if (length > MostNoteBytes)
            throw new ApiException(StatusCodes.Status413PayloadTooLarge, $"A note has at most {MostNoteBytes} bytes.", ApiErrors.InvalidRequest, code: "too_large");
        context.Request.Body = new MemoryStream(bytes, 0, length, writable: false);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }
}
