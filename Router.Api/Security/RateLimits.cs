using System.Threading.RateLimiting;
using Mesh.Governance.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using Router.Api.Errors;
using Router.Api.Hosting;

namespace Router.Api.Security;

/// <summary>So many requests a minute for each API key, or for each address where no keys are in use: as people govern it, else as the router is set.</summary>
internal static class RateLimits
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private static readonly PathString[] Areas = ["/v1", "/mesh", "/governance", "/ledger", "/selfprompt", "/worldcompute.v1.MeshLlmService"];

    public static void AddRateLimits(this IServiceCollection services)
    {
        services.AddRateLimiter(_ => { });
        services.AddSingleton<IConfigureOptions<RateLimiterOptions>, ConfigureLimiter>();
    }

    /// <summary>A halt is never one too many, and neither is what ends it.</summary>
    private static bool IsOfHalt(PathString path) => path.StartsWithSegments("/governance/halt") || path.StartsWithSegments("/governance/resume") || path.StartsWithSegments("/worldcompute.v1.MeshLlmService/HaltMesh");

    private sealed class ConfigureLimiter(IOptions<RouterOptions> options, IMeshNode node) : IConfigureOptions<RateLimiterOptions>
    {
        public void Configure(RateLimiterOptions limiter)
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, (string Caller, int PerMinute)>(context =>
                IsLimited(context.Request.Path) && PerMinute(context) is > 0 and var perMinute
                    // Another limit is another partition: it holds from the next request on, and counts anew.
                    ? RateLimitPartition.GetSlidingWindowLimiter((Caller(context), perMinute), _ => new() { PermitLimit = perMinute, Window = Window, SegmentsPerWindow = 12, QueueLimit = 0 })
                    : RateLimitPartition.GetNoLimiter(("", 0)));
            limiter.OnRejected = async (rejected, _) => await ErrorBody.SendAsync(
                rejected.HttpContext,
                ApiErrors.Busy($"Rate limit reached: {PerMinute(rejected.HttpContext)} requests per minute. Please try again later.",
                    rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : Window / 12));
        }

        /// <summary>What people decided, else the router's own; 0: no limit.</summary>
        private int PerMinute(HttpContext context) => node.Configuration?.Security?.RateLimitOf(Authentication.KeyName(context)) ?? options.Value.RequestsPerMinute;

        private static bool IsLimited(PathString path) => Areas.Any(area => path.StartsWithSegments(area)) && !IsOfHalt(path);

        private static string Caller(HttpContext context) => Authentication.KeyName(context) is { } key ? "key " + key : "address " + context.Connection.RemoteIpAddress;
    }
}
