using System.Net;
using Dapr.Client;

namespace Router.Api.Governance.Forwarding;

/// <summary>The way to the governance app, as an HTTP client whose every request goes to it.</summary>
internal sealed class GovernanceApp(HttpMessageInvoker client) : IDisposable
{
    public const string AppId = "governance";

    /// <summary>Addresses under it are the app's own.</summary>
    public const string Address = $"http://{AppId}";

    public HttpMessageInvoker Client => client;

    /// <summary>By Dapr's invocation; bytes go through as they are.</summary>
    public static GovernanceApp ByDapr() => new(new HttpMessageInvoker(new InvocationHandler
    {
        DefaultAppId = AppId,
        InnerHandler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, UseCookies = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5),
        },
    }));

    public void Dispose() => client.Dispose();
}
