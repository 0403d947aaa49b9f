using System.Collections.Concurrent;
using System.Security.Cryptography;
using Mesh.Ensemble.Gating;
using Mesh.Governance.Http.Hosting;

namespace Router.Api.Governance.Routing;

/// <summary>Where artifacts come from.</summary>
internal interface IArtifactSource
{
    /// <summary>The bytes that governance keeps under this hash; whoever asks verifies them.</summary>
    /// <exception cref="ArtifactUnavailableException">Governance does not answer, or has no such artifact.</exception>
    Task<byte[]> FetchAsync(string hash, CancellationToken cancellationToken);
}

internal sealed class ArtifactUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Governance has answered: it has none of that name.</summary>
    public bool IsMissing { get; init; }
}

/// <summary>Gate files by their SHA-256, fetched once and kept under <c>Mesh:Data</c>: a router that starts while governance is away has those it ran with.</summary>
internal sealed class GateArtifacts(IConfiguration configuration, IArtifactSource source)
{
    private const int MostKept = 8;
    private const int HexDigits = 64;

    private readonly string _folder = Path.Combine(GovernanceOptions.DataFolder(configuration), "gates");

    private readonly ConcurrentDictionary<string, GateModel> _loaded = new();

    /// <summary>Null while it is not here.</summary>
    public GateModel? Find(string hash) => _loaded.GetValueOrDefault(hash);

    /// <summary>Has it here, from disk or from governance.</summary>
    /// <exception cref="ArtifactUnavailableException">It is on neither.</exception>
    /// <exception cref="InvalidDataException">What came is something else, or no gate file.</exception>
    public async Task<GateModel> EnsureAsync(string hash, CancellationToken cancellationToken)
    {
        if (Find(hash) is { } known)
            return known;
        // It becomes a file's name.
        if (!IsHash(hash))
            throw new InvalidDataException("A gate is named by 64 lower hex digits.");
        var path = Path.Combine(_folder, hash + ".json");
        if (!File.Exists(path) || HashOf(await File.ReadAllBytesAsync(path, cancellationToken)) != hash)
        {
            var bytes = await source.FetchAsync(hash, cancellationToken);
            if (HashOf(bytes) is var actual && actual != hash)
                throw new InvalidDataException($"Governance answered with {actual} for the gate {hash}.");
            Directory.CreateDirectory(_folder);
            var made = $"{path}.{Path.GetRandomFileName()}";   // another request may bring the same one
            await File.WriteAllBytesAsync(made, bytes, cancellationToken);
            File.Move(made, path, overwrite: true);
        }
        if (_loaded.Count >= MostKept)
            _loaded.Clear();   // those in use are held by whoever uses them, and are read again when they are named again
        return _loaded[hash] = GateModel.Load(path);
    }

    public static bool IsHash(string text) => text.Length == HexDigits && !text.AsSpan().ContainsAnyExcept("0123456789abcdef");

    private static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
