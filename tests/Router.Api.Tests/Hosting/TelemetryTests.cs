using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Json;
using Mesh.Ensemble;
using Mesh.Inference;
using Router.Api.Experts;
using Router.Api.Security;

namespace Router.Api.Tests.Hosting;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Metrics_are_there_for_Prometheus()
    {
        await using var router = await RouterHost.StartRealAsync(["arithmetic"]);
        await AskAsync(router, traceparent: null);
        var text = await router.Client.GetStringAsync("/metrics");
        Assert.Contains("# HELP mesh_router_completion_tokens_total Tokens of answers.", text);
        Assert.Matches(@"mesh_router_completion_tokens_total\S* [1-9]", text);
        Assert.Matches(@"mesh_router_running\S* 0", text);
        Assert.Contains("mesh_step_duration_milliseconds_bucket", text);
        Assert.Contains("mesh_decode_duration_milliseconds_bucket", text);
    }

    [Fact]
    public async Task Metrics_need_the_key_where_keys_are_in_use()
    {
        var file = Path.Combine(Path.GetTempPath(), $"mesh-keys-{Guid.NewGuid():n}");
        Assert.Equal(0, KeyCommand.Run(["keys", "add", "ann", "--file", file], TextWriter.Null, TextWriter.Null));
        await using var router = await RouterHost.StartAsync(settings: $"--Mesh:ApiKeysFile={file}");
        Assert.Equal(HttpStatusCode.Unauthorized, (await router.Client.GetAsync("/metrics")).StatusCode);
        File.Delete(file);
    }

    [Fact]
    public async Task Every_instrument_says_what_it_measures_and_in_what()
    {
        var instruments = new ConcurrentBag<Instrument>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, _) => instruments.Add(instrument) };
        listener.Start();
        await using var router = await RouterHost.StartRealAsync(["arithmetic"]);
        await AskAsync(router, traceparent: null);
        using var experts = new ExpertMetrics();
        var own = instruments.Where(i => i.Meter.Name.StartsWith("Mesh.", StringComparison.Ordinal)).ToList();
        Assert.True(own.Count > 10);
        Assert.All(own, i => Assert.False(string.IsNullOrEmpty(i.Unit) || string.IsNullOrEmpty(i.Description), i.Name));
    }

    [Fact]
    public async Task A_completion_is_one_trace_from_the_request_to_its_experts()
    {
        var (trace, caller) = (ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom());
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Microsoft.AspNetCore" or "Mesh.Ensemble",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.TraceId == trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = activity => { if (activity.TraceId == trace) ended.Enqueue(activity); },
        };
        ActivitySource.AddActivityListener(listener);
        await using (var router = await RouterHost.StartRealAsync(["arithmetic", "generalist"], new InferenceOptions(), new EnsembleOptions { K = 2 }))
            await AskAsync(router, $"00-{trace}-{caller}-01");
        var request = ended.Single(a => a.ParentSpanId == caller);
        Assert.Equal("chat", request.GetTagItem("gen_ai.operation.name"));
        Assert.Equal("mesh", request.GetTagItem("gen_ai.request.model"));
        Assert.True((int)request.GetTagItem("gen_ai.usage.output_tokens")! > 0);
        var generation = ended.Single(a => a.ParentSpanId == request.SpanId);
        Assert.Equal(["expert arithmetic", "expert generalist"], ended.Where(a => a.ParentSpanId == generation.SpanId).Select(a => a.DisplayName).Order());
    }

    private static async Task AskAsync(RouterHost router, string? traceparent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = JsonContent.Create(new { model = "mesh", temperature = 0, max_tokens = 12, messages = new[] { new { role = "user", content = "What is 17 + 25?" } } }),
        };
        if (traceparent is not null)
            request.Headers.Add("traceparent", traceparent);
        using var response = await router.Client.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }
}
