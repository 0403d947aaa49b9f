using System.Text.Json;
using Dapr.Conformance.Tests.Hosting;
using Dapr.Sidecar.Grpc.Messages;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using GrpcMetadata = Grpc.Core.Metadata;
using Verb = Dapr.Sidecar.Grpc.Messages.HTTPExtension.Types.Verb;

namespace Dapr.Conformance.Tests.Invocation;

/// <summary>A gRPC caller and an HTTP app.</summary>
public abstract class InvokeServiceFacts(Site site) : SidecarTest(site)
{
    private static InvokeServiceRequest Request(string method, Verb verb = Verb.Post, string body = "", string type = "", string app = "beta") => new()
    {
        Id = app,
        Message = new() { Method = method, Data = new() { Value = ByteString.CopyFromUtf8(body) }, ContentType = type, HttpExtension = new() { Verb = verb } },
    };

    private async Task<(JsonElement Echo, InvokeResponse Message, GrpcMetadata Headers)> InvokeAsync(InvokeServiceRequest request, params (string, string)[] metadata)
    {
        var (message, headers) = await Site.CallAsync("InvokeService", request, InvokeResponse.Parser, metadata);
        return (JsonDocument.Parse(message.Data.Value.ToStringUtf8()).RootElement, message, headers);
    }

    private Task<RpcException> FailsAsync(InvokeServiceRequest request) => Assert.ThrowsAsync<RpcException>(() => Site.CallAsync("InvokeService", request, InvokeResponse.Parser));

    [SkippableTheory, InlineData(Verb.Get), InlineData(Verb.Post), InlineData(Verb.Put), InlineData(Verb.Delete), InlineData(Verb.Patch)]
    public async Task Verb_path_query_and_body_reach_the_app(Verb verb)
    {
        var request = Request("a/b", verb, verb is Verb.Get or Verb.Delete ? "" : "{\"a\":1}", "application/json; charset=utf-8");
        request.Message.HttpExtension.Querystring = "x=1&y=%20z";
        var (echo, message, headers) = await InvokeAsync(request);
        Assert.Equal((verb.ToString().ToUpperInvariant(), "/a/b?x=1&y=%20z"), (Text(echo, "method"), Text(echo, "target")));
        Assert.Equal(request.Message.Data.Value.ToStringUtf8(), Text(echo, "body"));
        Assert.Equal("application/json; charset=utf-8", Text(echo.GetProperty("headers"), "content-type"));
        Assert.Equal("application/json; charset=utf-8", message.ContentType);
        Assert.Equal(("200", "application/json; charset=utf-8"), (headers.GetValue("dapr-http-status"), headers.GetValue("dapr-content-type")));
    }

    [SkippableFact]
    public async Task Metadata_become_headers_and_the_sidecars_say_who_calls_whom()
    {
        var headers = (await InvokeAsync(Request("/x", body: "p", type: "text/plain"), ("x-custom", "yes"), ("authorization", "Bearer t"))).Echo.GetProperty("headers");
        Assert.Equal(("yes", "Bearer t", "text/plain", "alpha", "beta"),
            (Text(headers, "x-custom"), Text(headers, "authorization"), Text(headers, "content-type"), Text(headers, "dapr-caller-app-id"), Text(headers, "dapr-callee-app-id")));
    }

    [SkippableFact]
    public async Task A_message_of_a_type_is_protobuf_to_the_app()
    {
        var request = Request("x", type: "text/plain");
        request.Message.Data = Any.Pack(new StringValue { Value = "v" });
        var (echo, _, _) = await InvokeAsync(request);
        Assert.Equal(("application/x-protobuf", 3), (Text(echo.GetProperty("headers"), "content-type"), echo.GetProperty("length").GetInt32()));
    }

    [SkippableTheory]
    [InlineData(302, StatusCode.Unknown), InlineData(400, StatusCode.Internal), InlineData(401, StatusCode.Unauthenticated), InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.NotFound), InlineData(408, StatusCode.Cancelled), InlineData(409, StatusCode.AlreadyExists), InlineData(418, StatusCode.Unknown)]
    [InlineData(429, StatusCode.ResourceExhausted), InlineData(500, StatusCode.Unknown), InlineData(501, StatusCode.Unimplemented), InlineData(503, StatusCode.Unavailable), InlineData(504, StatusCode.DeadlineExceeded)]
    public async Task The_status_of_the_app_becomes_one_of_grpc(int status, StatusCode code)
    {
        var fault = await FailsAsync(Request($"status/{status}", Verb.Get));
        Assert.Equal((code, Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status)), (fault.StatusCode, fault.Status.Detail));
        var info = Google.Rpc.Status.Parser.ParseFrom(fault.Trailers.GetValueBytes("grpc-status-details-bin")).Details.Single().Unpack<Google.Rpc.ErrorInfo>();
        Assert.Equal(("dapr.io", $"{status}", "as the app said"), (info.Domain, info.Metadata["http.code"], info.Metadata["http.error_message"]));
    }

    [SkippableFact]
    public async Task A_status_between_200_and_299_is_success()
    {
        var (message, headers) = await Site.CallAsync("InvokeService", Request("status/201", Verb.Get), InvokeResponse.Parser);
        Assert.Equal(("as the app said", "201", "yes"), (message.Data.Value.ToStringUtf8(), headers.GetValue("dapr-http-status"), headers.GetValue("x-from-app")));
    }

    [SkippableFact]
    public async Task Without_a_verb_or_an_app_nothing_is_invoked()
    {
        var bare = Request("x");
        bare.Message.HttpExtension = null;
        Says(await FailsAsync(bare), "missing HTTP extension field");
        Says(await FailsAsync(Request("x", Verb.None)), "invalid HTTP verb");
        Says(await FailsAsync(Request("x", Verb.Connect)), "invalid HTTP verb");
        Says(await FailsAsync(Request("x", app: "nobody")), "failed to invoke, id: nobody, err:");

        static void Says(RpcException fault, string text)
        {
            Assert.Equal(StatusCode.Internal, fault.StatusCode);
            Assert.Contains(text, fault.Status.Detail);
        }
    }

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;
}

[Collection(EmbeddedSite.Name)]
public sealed class InvokeServiceFactsOnEmbedded(EmbeddedSite site) : InvokeServiceFacts(site);

[Collection(DaprdSite.Name)]
public sealed class InvokeServiceFactsOnDaprd(DaprdSite site) : InvokeServiceFacts(site);
