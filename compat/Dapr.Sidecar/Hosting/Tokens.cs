using System.Security.Cryptography;
using System.Text;

namespace Dapr.Sidecar.Hosting;

/// <summary>dapr-api-token both ways.</summary>
internal static class Tokens
{
    public const string Header = "dapr-api-token";

    /// <summary>What callers must show.</summary>
    public static string? Api { get; } = Read("DAPR_API_TOKEN");

    /// <summary>What the app expects of us.</summary>
    public static string? App { get; } = Read("APP_API_TOKEN");

    /// <summary>With DAPR_API_TOKEN set, everything but health needs it; compared in constant time.</summary>
    public static Task Check(HttpContext context, RequestDelegate next)
    {
        if (Api is not { } expected || context.Request.Path.StartsWithSegments("/v1.0/healthz"))
            return next(context);
        var shown = Encoding.UTF8.GetBytes(context.Request.Headers[Header].ToString());
        if (CryptographicOperations.FixedTimeEquals(shown, Encoding.UTF8.GetBytes(expected)))
            return next(context);
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return context.Response.WriteAsync("invalid api token");
    }

    private static string? Read(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } token ? token : null;
}
