using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Invocation;

namespace Dapr.Sidecar.Hosting;

/// <summary>What no other route takes: an invocation when the header dapr-app-id names an app, else daprd's 404.</summary>
internal static class Fallback
{
    public static DaprError NoApp => new(404, "ERR_DIRECT_INVOKE", "failed getting app id either from the URL path or the header dapr-app-id");

    public static void MapRest(this IEndpointRouteBuilder routes) => routes.MapFallback("{**path}", (HttpContext context, AppRegistry apps) =>
        context.Request.Headers[InvocationEndpoints.AppIdHeader] is [{ Length: > 0 } appId]
            ? InvocationEndpoints.InvokeAsync(appId, context, apps)
            : throw NoApp);
}
