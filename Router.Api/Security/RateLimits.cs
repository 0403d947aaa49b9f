using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using Router.Api.Errors;
using Router.Api.Hosting;

namespace Router.Api.Security;

/// <summary>So many requests a minute for each API key, or for each address where no keys are in use.</summary>
internal static class RateLimits
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public static void AddRateLimits(this IServiceCollection services)
    {
        services.AddRateLimiter(_ => { });
        services.AddSingleton<IConfigureOptions<RateLimiterOptions>, ConfigureLimiter>();
    }

    private sealed class ConfigureLimiter(IOptions<RouterOptions> options) : IConfigureOptions<RateLimiterOptions>
    {
        public void Configure(RateLimiterOptions limiter)
        {
            var perMinute = options.Value.RequestsPerMinute;
            if (perMinute == 0)
                return;
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
                context.Request.Path.StartsWithSegments("/v1") || context.Request.Path.StartsWithSegments("/mesh")
                    ? RateLimitPartition.GetSlidingWindowLimiter(Caller(context), _ => new() { PermitLimit = perMinute, Window = Window, SegmentsPerWindow = 12, QueueLimit = 0 })
                    : RateLimitPartition.GetNoLimiter(""));
            limiter.OnRejected = async (rejected, _) => await ErrorBody.SendAsync(
                rejected.HttpContext,
                ApiErrors.Busy($"Rate limit reached: {perMinute} requests per minute. Please try again later.",
                    rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : Window / 12));
        }

        private static string Caller(HttpContext context) => Authentication.KeyName(context) is { } key ? "key " + key : "address " + context.Connection.RemoteIpAddress;
    }
}
