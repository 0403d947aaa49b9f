using Microsoft.AspNetCore.Http.Features;
using Router.Api.Errors;
using Yarp.ReverseProxy.Forwarder;

namespace Router.Api.Governance.Forwarding;

/// <summary>Hands a request on to another app of the mesh, and its answer back as it comes.</summary>
internal sealed class AppForwarder(IHttpForwarder forwarder, MeshApps apps)
{
    private const int MostBytes = (1 << 20) + (64 << 10);   // an artifact and some room

    /// <summary>Longest silence; whoever asks to wait is answered within a minute.</summary>
    private static readonly ForwarderRequestConfig Config = new() { ActivityTimeout = TimeSpan.FromSeconds(100) };

    /// <summary>For whoever halts: governance waits no longer for nodes, store and quorum. Where its sidecar hangs the router answers, and governance has it from its node.</summary>
    private static readonly ForwarderRequestConfig HaltConfig = new() { ActivityTimeout = TimeSpan.FromSeconds(15) };

    /// <param name="isHalt">An answer that comes late or says that governance failed is as good as none.</param>
    /// <exception cref="ApiException">503: the app is away.</exception>
    public async Task SendAsync(HttpContext context, MeshApp app, bool isHalt = false)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MostBytes;
        var error = await forwarder.SendAsync(context, app.Address, apps.Client, isHalt ? HaltConfig : Config, new Transform(app, isHalt));
        if (error == ForwarderError.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
            return;
        throw error is ForwarderError.RequestBodyClient
            ? new ApiException(StatusCodes.Status413PayloadTooLarge, $"The request body is too large: at most {MostBytes} bytes are handed on.", ApiErrors.InvalidRequest, code: "body_too_large")
            : app.Away();
    }

    /// <param name="isWorking">Whoever asks wants an app that works: its own failure is as good as no answer.</param>
    private sealed class Transform(MeshApp app, bool isWorking) : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(HttpContext context, HttpRequestMessage request, string prefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(context, request, prefix, cancellationToken);
            request.Headers.Host = null;
            // The key is this router's affair; acts are signed.
            foreach (var name in (ReadOnlySpan<string>)["Authorization", "x-api-key", "api-key", "Cookie"])
                request.Headers.Remove(name);
        }

        /// <summary>The sidecar's own error is not an answer of the app's.</summary>
        public override async ValueTask<bool> TransformResponseAsync(HttpContext context, HttpResponseMessage? response, CancellationToken cancellationToken)
        {
            if (response is not null && ((isWorking && (int)response.StatusCode >= 500) || await SidecarError.IsAsync(response, cancellationToken)))
                throw app.Away();
            return await base.TransformResponseAsync(context, response, cancellationToken);
        }
    }
}
