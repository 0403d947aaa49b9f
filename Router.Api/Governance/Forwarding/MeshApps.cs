using System.Net;
using Dapr.Client;
using Router.Api.Errors;

namespace Router.Api.Governance.Forwarding;

/// <summary>The way to the mesh's other apps, as an HTTP client whose every request goes to the app that is its host.</summary>
internal sealed class MeshApps(HttpMessageInvoker client) : IDisposable
{
    public HttpMessageInvoker Client => client;

    /// <summary>By Dapr's invocation; bytes go through as they are.</summary>
    public static MeshApps ByDapr() => new(new HttpMessageInvoker(new InvocationHandler
    {
        InnerHandler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, UseCookies = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5),
        },
    }));

    public void Dispose() => client.Dispose();
}

/// <summary>An app that this router hands requests on to.</summary>
/// <param name="Id">Its Dapr app id.</param>
/// <param name="AwayCode">The error's code while it does not answer.</param>
internal sealed record MeshApp(string Id, string AwayCode, string AwayMessage)
{
    public static readonly MeshApp Governance = new("governance", "governance_unavailable",
        "The governance service does not answer. The mesh answers on with the configuration it has; `mesh halt --direct` works without governance.");

    public static readonly MeshApp SelfPrompt = new("selfprompt", "selfprompt_unavailable", "The self-prompt agent does not answer. The mesh answers on without it.");

    /// <summary>Addresses under it are the app's own.</summary>
    public string Address { get; } = $"http://{Id}";

    public ApiException Away() => new(StatusCodes.Status503ServiceUnavailable, AwayMessage, ApiErrors.ServerError, code: AwayCode) { RetryAfter = TimeSpan.FromSeconds(5) };
}
