using System.Globalization;
using Dapr.Sidecar.Grpc.Messages;
using Dapr.Sidecar.Hosting;
using Dapr.Sidecar.Invocation;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.WebUtilities;
using GrpcMetadata = Grpc.Core.Metadata;

namespace Dapr.Sidecar.Grpc;

/// <summary>InvokeService: a gRPC caller reaches an HTTP app. Metadata become headers and headers metadata; what is no 2xx becomes a gRPC status.</summary>
internal sealed partial class DaprService
{
    private const string Protobuf = "application/x-protobuf", StatusHeader = "dapr-http-status", DetailsHeader = "grpc-status-details-bin";
    private const int LongestDetail = 63;

    /// <summary>Headers of HTTP itself: among the metadata they carry the prefix dapr-.</summary>
    private static readonly HashSet<string> OfHttp = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept", "Accept-Charset", "Accept-Language", "Accept-Ranges", "Cache-Control", "Connection", "Content-Length", "Content-Type", "Cookie", "Date", "Expect", "From", "Host",
        "If-Match", "If-Modified-Since", "If-None-Match", "If-Schedule-Tag-Match", "If-Unmodified-Since", "Keep-Alive", "Max-Forwards", "Origin", "Pragma", "Proxy-Connection",
        "Referer", "Transfer-Encoding", "Upgrade", "Via", "Warning",
    };

    public override async Task<InvokeResponse> InvokeService(InvokeServiceRequest request, ServerCallContext context)
    {
        var message = request.Message ?? new();
        if (message.HttpExtension is not { } http)
            throw AppCalls.Fault(request.Id, "missing HTTP extension field");
        if (http.Verb is HTTPExtension.Types.Verb.None or HTTPExtension.Types.Verb.Connect || !System.Enum.IsDefined(http.Verb))
            throw AppCalls.Fault(request.Id, "invalid HTTP verb");
        var (status, headers, response) = await AppCalls.InvokeAsync(request.Id, app => Request(app, message, context), response => ReadAsync(response, context), () => true, apps, context.CancellationToken);
        if (status is < 200 or > 299)
            throw Fault(status, headers, response);
        await context.WriteResponseHeadersAsync(headers);
        return response;
    }

    private HttpRequestMessage Request(AppInstance app, InvokeRequest message, ServerCallContext context)
    {
        var path = message.Method.StartsWith('/') ? message.Method : "/" + message.Method;
        if (message.HttpExtension.Querystring is { Length: > 0 } query)
            path += "?" + query;
        var request = new HttpRequestMessage(new(message.HttpExtension.Verb.ToString().ToUpperInvariant()), app.Url(path));
        foreach (var entry in context.RequestHeaders)
            if (!entry.IsBinary && !HopHeaders.IsHop(entry.Key) && entry.Key is not (Tokens.Header or "content-type" or "content-length"))
                request.Headers.TryAddWithoutValidation(entry.Key.StartsWith("grpc-", StringComparison.Ordinal) ? "dapr-" + entry.Key : entry.Key, entry.Value);
        if (message.Data is { } data)
            request.Content = new ByteArrayContent(data.Value.ToByteArray());
        var type = message.Data?.TypeUrl is { Length: > 0 } ? Protobuf : message.ContentType;
        if (type.Length > 0)
            (request.Content ??= new ByteArrayContent([])).Headers.TryAddWithoutValidation("Content-Type", type);
        AppCalls.AddNames(request, App(context), app);
        return request;
    }

    private static async Task<(int Status, GrpcMetadata Headers, InvokeResponse Message)> ReadAsync(HttpResponseMessage response, ServerCallContext context)
    {
        var status = (int)response.StatusCode;
        var headers = new GrpcMetadata { { StatusHeader, status.ToString(CultureInfo.InvariantCulture) } };
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
            foreach (var value in values)
                if (!name.EndsWith(GrpcMetadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
                    headers.Add((OfHttp.Contains(name) ? "dapr-" : "") + name.ToLowerInvariant(), value);
        var body = await response.Content.ReadAsByteArrayAsync(context.CancellationToken);
        return (status, headers, new() { Data = new() { Value = UnsafeByteOperations.UnsafeWrap(body) }, ContentType = response.Content.Headers.ContentType?.ToString() ?? "" });
    }

    /// <summary>The app's own status and the beginning of its body go along as details.</summary>
    private static RpcException Fault(int status, GrpcMetadata headers, InvokeResponse response)
    {
        var (text, body) = (ReasonPhrases.GetReasonPhrase(status), response.Data.Value.ToStringUtf8());
        var info = new ErrorInfo { Reason = text, Domain = "dapr.io" };
        info.Metadata.Add("http.code", status.ToString(CultureInfo.InvariantCulture));
        info.Metadata.Add("http.error_message", body.Length > LongestDetail ? body[..LongestDetail] : body);
        var details = new Google.Rpc.Status { Code = (int)Code(status), Message = text };
        details.Details.Add(Any.Pack(info));
        headers.Add(DetailsHeader, details.ToByteArray());
        return new(new(Code(status), text), headers);
    }

    private static StatusCode Code(int status) => status switch
    {
        400 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.NotFound,
        408 => StatusCode.Cancelled,
        409 => StatusCode.AlreadyExists,
        429 => StatusCode.ResourceExhausted,
        501 => StatusCode.Unimplemented,
        503 => StatusCode.Unavailable,
        504 => StatusCode.DeadlineExceeded,
        _ => StatusCode.Unknown,
    };
}
