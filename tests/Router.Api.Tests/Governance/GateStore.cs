using System.Security.Cryptography;
using Mesh.Ensemble.Gating;
using Mesh.Testing;
using Router.Api.Governance.Routing;

namespace Router.Api.Tests.Governance;

/// <summary>What governance keeps, in memory.</summary>
internal sealed class GateStore : IArtifactSource
{
    public Dictionary<string, byte[]> Bytes { get; } = [];
    public int Asked { get; private set; }
    public bool Away { get; set; }

    public string Put(byte[] bytes)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Bytes[hash] = bytes;
        return hash;
    }

    public Task<byte[]> FetchAsync(string hash, CancellationToken cancellationToken)
    {
        Asked++;
        if (Away)
            throw new ArtifactUnavailableException("away");
        return Bytes.TryGetValue(hash, out var bytes) ? Task.FromResult(bytes) : throw new ArtifactUnavailableException("none") { IsMissing = true };
    }

    /// <summary>A gate file that knows alpha and beta, and by how many nats it is for alpha.</summary>
    public static byte[] GateFile(float alpha = 0.5f, string? tokenizer = null)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "made.json");
        new GateModel(tokenizer ?? FakeExperts.Tokenizer.Fingerprint, ["alpha", "beta"], new float[2 * FakeExperts.Tokenizer.VocabularySize], [alpha, 0f], 0.9, 0.9, 0.7).Save(path, null);
        return File.ReadAllBytes(path);
    }
}
