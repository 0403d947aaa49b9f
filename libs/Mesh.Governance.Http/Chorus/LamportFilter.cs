using System.Globalization;
using Mesh.Governance.Http.Nodes;
using Microsoft.AspNetCore.Http;

namespace Mesh.Governance.Http.Chorus;

/// <summary>Every answer carries this node's stamp; the caller's counts when the node believed what it said. What the node refuses becomes a problem with a code.</summary>
internal sealed class LamportFilter(GovernedNode node) : IEndpointFilter
{
    public const string Header = "x-mesh-lamport";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        try
        {
            var result = await next(context);
            Stamp(http, isBelieved: !HttpMethods.IsGet(http.Request.Method));
            return result;
        }
        catch (NodeRefusedException refused)
        {
            Stamp(http, isBelieved: false);
            return TypedResults.Problem(refused.Message, statusCode: refused.Status, extensions: [new("code", refused.Code)]);
        }
    }

    private void Stamp(HttpContext http, bool isBelieved)
    {
        long stamp = 0;
        try
        {
            if (!isBelieved || !long.TryParse(http.Request.Headers[Header], NumberStyles.None, CultureInfo.InvariantCulture, out var seen) || !node.Lamport.TryReceive(seen, out stamp))
                stamp = node.Lamport.Tick();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return;   // no stamp is better than no halt
        }
        http.Response.Headers[Header] = stamp.ToString(CultureInfo.InvariantCulture);
    }
}
