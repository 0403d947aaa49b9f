using Mesh.Governance.Http;
using Mesh.Governance.Http.Client;
using Mesh.Governance.Members;

namespace Mesh.Tool.Governance;

/// <summary>Nodes by their addresses: each that runs says its name, key and kind.</summary>
internal static class RunningNodes
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <param name="written">Reads one that is written out.</param>
    /// <exception cref="ToolException">One does not answer, or is no node.</exception>
    public static async Task<IReadOnlyList<MeshNode>> ReadAsync(Terminal terminal, IReadOnlyList<string> nodes, Func<string, MeshNode> written, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
        var client = new NodeClient(http, Patience, terminal.Clock);
        return await Task.WhenAll(nodes.Select(text => IsAddress(text) ? AskAsync(terminal, client, new(text), cancellationToken) : Task.FromResult(written(text))));
    }

    private static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https";

    private static async Task<MeshNode> AskAsync(Terminal terminal, NodeClient client, Uri url, CancellationToken cancellationToken)
    {
        try
        {
            var status = await client.StatusAsync(url, cancellationToken);
            if (status.Mesh is { } mesh)
                throw ToolException.Usage($"{url}: '{Plain.Of(status.Name)}' is a node of the mesh '{Plain.Of(mesh)}' already.");
            terminal.Say($"{url} is the {status.Kind.ToString().ToLowerInvariant()} {Plain.Of(status.Key)}; its own log says the same key.");
            return new(status.Name, status.Key, status.Kind, url.GetLeftPart(UriPartial.Path).TrimEnd('/'));
        }
        catch (Exception fault) when (fault is HttpRequestException or TimeoutException or NodeRefusedException)
        {
            throw new ToolException(ExitCode.Unreachable, $"{url} does not say which node it is: {fault.Message}");
        }
    }
}
