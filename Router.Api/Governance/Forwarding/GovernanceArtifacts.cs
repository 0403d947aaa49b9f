using System.Net;
using Router.Api.Governance.Routing;

namespace Router.Api.Governance.Forwarding;

/// <summary>Artifacts from the governance app.</summary>
internal sealed class GovernanceArtifacts(MeshApps apps, TimeProvider time) : IArtifactSource
{
    private const int MostBytes = 1 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public async Task<byte[]> FetchAsync(string hash, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{MeshApp.Governance.Address}/governance/artifacts/{hash}");
            using var response = await apps.Client.SendAsync(request, either.Token);
            if (!response.IsSuccessStatusCode)
                throw new ArtifactUnavailableException($"Governance answered with {(int)response.StatusCode} for the artifact {hash}.") { IsMissing = response.StatusCode == HttpStatusCode.NotFound && !await SidecarError.IsAsync(response, either.Token) };
            await response.Content.LoadIntoBufferAsync(MostBytes, either.Token);
            return await response.Content.ReadAsByteArrayAsync(either.Token);
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new ArtifactUnavailableException($"Governance does not give the artifact {hash}: {fault.Message}", fault);
        }
    }
}
