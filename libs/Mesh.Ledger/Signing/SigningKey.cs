using System.Text;
using NSec.Cryptography;

namespace Mesh.Ledger.Signing;

/// <summary>A name and an Ed25519 private key, which leaves this object only into its file.</summary>
public sealed class SigningKey : IDisposable
{
    private const string Prefix = "PRIVATE+KEY+";   // as Go's sumdb/note writes them
    private readonly Key _key;

    private SigningKey(string name, Key key)
    {
        _key = key;
        Verifier = new(name, KeyKind.Note, key.PublicKey.Export(KeyBlobFormat.RawPublicKey));
    }

    public string Name => Verifier.Name;

    /// <summary>Whoever has this can check what was signed.</summary>
    public VerifierKey Verifier { get; }

    /// <exception cref="FormatException">The name is no name of a key.</exception>
    public static SigningKey Create(string name) =>
        new(name, Key.Create(SignatureAlgorithm.Ed25519, new() { ExportPolicy = KeyExportPolicies.AllowPlaintextExport }));

    /// <summary>A key made of 32 bytes, for tests and simulations that must repeat.</summary>
    public static SigningKey FromSeed(string name, ReadOnlySpan<byte> seed) =>
        new(name, Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey, new() { ExportPolicy = KeyExportPolicies.AllowPlaintextExport }));

    /// <summary>The key in a file that <see cref="Save"/> wrote.</summary>
    /// <exception cref="IOException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It holds no key, or others than its owner may read it.</exception>
    public static SigningKey Load(string path)
    {
        var line = File.ReadAllText(path).TrimEnd('\n');
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
            throw new InvalidDataException($"{path}: others than its owner may use this private key. Set its mode to 0600.");
        var parts = line.StartsWith(Prefix, StringComparison.Ordinal) ? line[Prefix.Length..].Split('+', 3) : [];
        var bytes = new byte[1 + 32];
        if (parts.Length != 3 || !VerifierKey.IsName(parts[0]) || !Convert.TryFromBase64String(parts[2], bytes, out var length) || length != bytes.Length || bytes[0] != (byte)KeyKind.Note)
            throw new InvalidDataException($"{path}: this is no private key of the mesh.");
        var key = FromSeed(parts[0], bytes.AsSpan(1));
        return key.Verifier.Hash == parts[1] ? key : throw new InvalidDataException($"{path}: this private key is damaged.");
    }

    /// <summary>Writes a new file that its owner alone may read; it is on disk when this returns.</summary>
    /// <exception cref="IOException">There is such a file already, or it cannot be written.</exception>
    public void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var stream = new FileStream(path, options);
        byte[] typed = [(byte)KeyKind.Note, .. _key.Export(KeyBlobFormat.RawPrivateKey)];
        stream.Write(Encoding.UTF8.GetBytes($"{Prefix}{Name}+{Verifier.Hash}+{Convert.ToBase64String(typed)}\n"));
        stream.Flush(flushToDisk: true);
    }

    /// <summary>64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message) => SignatureAlgorithm.Ed25519.Sign(_key, message);

    public void Dispose() => _key.Dispose();
}
