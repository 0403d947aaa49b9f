using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;
using Router.Api.Hosting;

namespace Router.Api.Security;

/// <summary>Pages of other origins that may use the router from a browser: none, unless <see cref="RouterOptions.AllowedOrigins"/> names them.</summary>
internal static class Origins
{
    private static readonly TimeSpan PreflightAge = TimeSpan.FromHours(1);

    public static void AddOrigins(this IServiceCollection services)
    {
        services.AddCors();
        services.AddOptions<CorsOptions>().Configure<IOptions<RouterOptions>>((cors, router) => cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. router.Value.AllowedOrigins]).AllowAnyHeader().AllowAnyMethod().WithExposedHeaders("x-request-id", "request-id", "Retry-After").SetPreflightMaxAge(PreflightAge)));
    }

    /// <summary>True when the request comes from a page that is neither the router's own nor an allowed one; programs send no Origin.</summary>
    public static bool IsForeign(HttpRequest request, IReadOnlyList<string> allowed) =>
        request.Headers.Origin.ToString() is { Length: > 0 } origin
        && !allowed.Contains(origin, StringComparer.OrdinalIgnoreCase)
        && !(Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
}
