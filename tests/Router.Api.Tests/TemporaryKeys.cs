using Mesh.Contracts.Security;

namespace Router.Api.Tests;

/// <summary>A file of API keys that holds one.</summary>
internal sealed class TemporaryKeys : IDisposable
{
    public TemporaryKeys() => Key = new ApiKeyFile(File).Add("client");

    public string File { get; } = Path.Combine(Path.GetTempPath(), $"mesh-keys-{Guid.NewGuid():n}");
    public string Key { get; }

    public void Dispose() => System.IO.File.Delete(File);
}
