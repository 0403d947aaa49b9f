namespace Router.Api.Tests.Governance;

/// <summary>In place of the sidecar: every request to this app goes to this address.</summary>
internal sealed class ToAddress(string app, Uri address) : DelegatingHandler(new SocketsHttpHandler())
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Assert.Equal(app, request.RequestUri!.Host);
        request.RequestUri = new(address, request.RequestUri.PathAndQuery);
        return base.SendAsync(request, cancellationToken);
    }
}
