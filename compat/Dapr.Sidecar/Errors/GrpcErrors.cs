using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Dapr.Sidecar.Errors;

/// <summary>Turns daprd errors into gRPC statuses.</summary>
internal sealed class GrpcErrors : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (DaprError fault)
        {
            throw new RpcException(new(Code(fault), fault.Message));
        }
    }

    private static StatusCode Code(DaprError fault) => (fault.Status, fault.Code) switch
    {
        (_, "ERR_STATE_STORES_NOT_CONFIGURED") => StatusCode.FailedPrecondition,
        (_, "ERR_PUBSUB_NOT_FOUND" or "ERR_TOPIC_NAME_EMPTY") => StatusCode.InvalidArgument, // daprd's code here, though 404 over HTTP
        (400, _) => StatusCode.InvalidArgument,
        (403, _) => StatusCode.PermissionDenied,
        (404, _) => StatusCode.NotFound,
        (409, _) => StatusCode.Aborted,
        (501, _) => StatusCode.Unimplemented,
        _ => StatusCode.Internal,
    };
}
