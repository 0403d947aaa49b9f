using System.Net;
using System.Net.Http.Headers;
using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow;
using Grpc.Core;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>Payloads at and over the body limit of 4 MiB, and frames that are none.</summary>
public abstract class LimitFacts(WorkflowSite site) : WorkflowTest(site)
{
    private const int Mebi = 1 << 20;

    [SkippableFact]
    public async Task A_result_below_the_limit_passes() => Assert.Equal(Mebi, (await ResultAsync<string>("BigResult", Mebi))!.Length);

    [SkippableFact]
    public async Task An_input_just_below_the_limit_starts_a_workflow()
    {
        var id = await Client.ScheduleNewWorkflowAsync("Ignore", NewId(), new string('x', 4 * Mebi - 1000));
        Assert.Equal(1, Completed<int>(await EndAsync(id)));
    }

    [SkippableFact]
    public async Task A_result_over_the_limit_fails_its_step_and_says_so()
    {
        var state = await RunAsync("BigResult", 5 * Mebi);
        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.Contains("pass a reference instead", state.FailureDetails!.ErrorMessage);
    }

    [SkippableFact]
    public async Task An_input_over_the_limit_is_refused() => Assert.Equal(StatusCode.ResourceExhausted,
        (await Assert.ThrowsAsync<RpcException>(() => Client.ScheduleNewWorkflowAsync("EchoOnce", NewId(), new string('x', 5 * Mebi)))).StatusCode);

    [SkippableFact]
    public async Task An_event_over_the_limit_is_refused_and_harms_nobody()
    {
        var id = await Client.ScheduleNewWorkflowAsync("Collect", NewId(), new[] { "a" });
        var e = await Assert.ThrowsAsync<RpcException>(() => Client.RaiseEventAsync(id, "a", new string('x', 5 * Mebi)));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        await Client.RaiseEventAsync(id, "a", "small");
        Assert.Equal("small", Completed<string>(await EndAsync(id)));
    }

    [SkippableFact]
    public async Task Frames_of_noise_are_refused_and_the_sidecar_lives()
    {
        // Not the Complete calls: daprd retries an unknown item for minutes.
        string[] calls = ["GetInstance", "StartInstance", "RaiseEvent", "TerminateInstance", "SuspendInstance", "ResumeInstance", "PurgeInstances"];
        var random = new Random(11);
        using var http = new HttpClient { BaseAddress = new(Site.Sidecar.GrpcEndpoint), Timeout = TimeSpan.FromSeconds(10) };
        await Parallel.ForEachAsync(Enumerable.Range(0, 300).Select(n => (Call: calls[n % calls.Length], Frame: Noise(random))), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (sent, token) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/TaskHubSidecarService/{sent.Call}")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(sent.Frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
            };
            request.Headers.TE.Add(new("trailers"));
            try
            {
                using var answer = await http.SendAsync(request, token);
                await answer.Content.ReadAsByteArrayAsync(token);
                Assert.NotEqual("0", Status(answer));
            }
            catch (HttpRequestException)
            {
                // Refusing the stream is an answer too.
            }
        });
        Assert.Equal(8, await ResultAsync<int>("Chain", 1));
    }

    private static string Status(HttpResponseMessage answer) =>
        answer.TrailingHeaders.Concat(answer.Headers).FirstOrDefault(h => h.Key == "grpc-status").Value?.FirstOrDefault() ?? "none";

    /// <summary>A body that is no message: wrong length, wrong flag, or broken varints.</summary>
    private static byte[] Noise(Random random)
    {
        var body = new byte[random.Next(1, 200)];
        random.NextBytes(body);
        body[0] = 0x0F;   // a field of a wire type that does not exist
        var length = random.Next(4) == 0 ? int.MaxValue : body.Length;
        return [(byte)(random.Next(4) == 0 ? 7 : 0), (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length, .. body];
    }
}

[Collection(DaprdSite.Name)]
public sealed class LimitFactsOnDaprd(DaprdSite site) : LimitFacts(site);

[Collection(EmbeddedSite.Name)]
public sealed class LimitFactsEmbedded(EmbeddedSite site) : LimitFacts(site);
