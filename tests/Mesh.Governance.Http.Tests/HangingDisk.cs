using Mesh.Governance.Http.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace Mesh.Governance.Http.Tests;

/// <summary>Writes of one file of a node hang until they are let go; then they are made.</summary>
internal sealed class HangingDisk : IDisposable
{
    private readonly ManualResetEventSlim _isHung = new(), _isReleased = new();

    public HangingDisk(NodeHost host, string file)
    {
        var files = host.Services.GetRequiredService<NodeFiles>();
        var write = files.Write;
        files.Write = (path, content) =>
        {
            if (Path.GetFileName(path) == file)
            {
                _isHung.Set();
                _isReleased.Wait(NodeHost.Soon);
            }
            write(path, content);
        };
    }

    public void WaitUntilHung() => _isHung.Wait(NodeHost.Soon);

    public void Release() => _isReleased.Set();

    public void Dispose() => Release();
}
