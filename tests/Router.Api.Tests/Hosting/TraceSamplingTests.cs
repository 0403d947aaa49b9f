using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using OpenTelemetry;
using OpenTelemetry.Trace;
using ServiceDefaults;

namespace Router.Api.Tests.Hosting;

/// <summary>Of what a service does all day, only what somebody asked for becomes a trace.</summary>
public sealed class TraceSamplingTests
{
    [Fact]
    public void Calls_that_nothing_asked_for_are_no_traces_and_tell_the_other_side_so()
    {
        var ended = new ConcurrentQueue<string>();
        using var source = new ActivitySource($"sampling {Guid.NewGuid()}");
        using var provider = Sdk.CreateTracerProviderBuilder().SetSampler(new ParentBasedSampler(new BackgroundCalls())).AddSource(source.Name)
            .AddProcessor(new Collect(ended)).Build();
        using (var request = source.StartActivity("request", ActivityKind.Server))
        using (source.StartActivity("call of the request", ActivityKind.Client))
            Assert.True(request!.Recorded);
        using (var watch = source.StartActivity("watch", ActivityKind.Client))
        {
            // It exists, so that what it calls learns that it is not sampled.
            Assert.False(watch!.Recorded);
            source.StartActivity("what the other side does", ActivityKind.Server, watch.Context)?.Stop();
        }
        Assert.Equal(["call of the request", "request"], ended);
    }

    [Theory]
    [InlineData("GET", "/health", true)]
    [InlineData("GET", "/healthz", true)]
    [InlineData("GET", "/metrics", true)]
    [InlineData("GET", "/dapr/config", true)]
    [InlineData("GET", "/mesh/experts", true)]
    [InlineData("POST", "/mesh/experts", false)]
    [InlineData("DELETE", "/mesh/experts/one", false)]
    [InlineData("POST", "/v1/chat/completions", false)]
    [InlineData("GET", "/v1/models", false)]
    public void Polling_is_told_from_requests(string method, string path, bool isPolling)
    {
        var context = new DefaultHttpContext();
        (context.Request.Method, context.Request.Path) = (method, path);
        Assert.Equal(isPolling, Telemetry.IsPolling(context.Request));
    }

    private sealed class Collect(ConcurrentQueue<string> names) : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data) => names.Enqueue(data.DisplayName);
    }
}
