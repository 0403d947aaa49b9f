namespace Dapr.Sidecar.Invocation;

/// <summary>Headers that belong to one connection and are never passed on.</summary>
internal static class HopHeaders
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
        { "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Host", "Content-Length", "Expect" };

    public static bool IsHop(string name) => Names.Contains(name) || name.StartsWith(':');

    /// <summary>Status, headers and body of the app, as they are.</summary>
    public static async Task CopyAsync(HttpResponseMessage from, HttpContext to)
    {
        to.Response.StatusCode = (int)from.StatusCode;
        foreach (var (name, values) in from.Headers.NonValidated)
            if (!IsHop(name))
                to.Response.Headers[name] = values.ToArray();
        foreach (var (name, values) in from.Content.Headers.NonValidated)
            if (!IsHop(name) || (name == "Content-Length" && to.Request.Method == "HEAD"))
                to.Response.Headers[name] = values.ToArray();
        await from.Content.CopyToAsync(to.Response.Body, to.RequestAborted);
    }
}
