using System.Globalization;
using Mesh.Governance.Http.Nodes;
using Microsoft.AspNetCore.Http;

namespace Mesh.Governance.Http.Chorus;

/// <summary>
/// Every answer carries this node's stamp; the caller's counts when what it said was verified and new here. So nobody winds the clock up who has nothing to say, nor by saying again what others said.
/// What the node refuses becomes a problem with a code.
/// </summary>
internal sealed class LamportFilter(GovernedNode node) : IEndpointFilter
{
    public const string Header = "x-mesh-lamport";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        try
        {
            var result = await next(context);
            Stamp(http);
            return result;
        }
        catch (NodeRefusedException refused)
        {
            Stamp(http);
            return TypedResults.Problem(refused.Message, statusCode: refused.Status, extensions: [new("code", refused.Code)]);
        }
    }

    /// <summary>What this request said was verified and is new: its stamp counts.</summary>
    public static void Believe(HttpRequest request) => request.HttpContext.Items[typeof(LamportFilter)] = true;

    /// <summary>Orders wait for no disk but their own.</summary>
    public static bool IsOrder(string path) => path is "halt" or "resume";

    private void Stamp(HttpContext http)
    {
        var mayWrite = !IsOrder(http.Request.Path.Value!.Split('/')[^1]);
        var isStamped = http.Items.ContainsKey(typeof(LamportFilter)) && TryRead(http.Request.Headers[Header], out var seen) && node.Lamport.TryReceive(seen, out var stamp, mayWrite)
            || node.Lamport.TryTick(out stamp, mayWrite);
        if (isStamped)   // no stamp is better than no halt
            http.Response.Headers[Header] = stamp.ToString(CultureInfo.InvariantCulture);
    }

    public static bool TryRead(string? header, out long stamp) => long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out stamp);
}
