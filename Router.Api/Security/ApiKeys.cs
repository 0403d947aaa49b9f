using System.Security.Cryptography;
using System.Text;

namespace Router.Api.Security;

/// <summary>
/// The keys that open the API, as their SHA-256 in a file: a line <c>name hash</c> (64 hex digits) for each, <c>#</c> starts a comment.
/// The file is read again when it changes; one that is missing or malformed then opens for nobody. Keys are random and long, so a plain hash suffices.
/// </summary>
internal sealed partial class ApiKeys
{
    public const string FileSetting = "Mesh:ApiKeysFile";
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(1);

    private readonly string? _file;
    private readonly TimeProvider _time;
    private readonly ILogger<ApiKeys> _log;
    private volatile Snapshot _snapshot = new([], default, 0);

    /// <exception cref="InvalidDataException">The file is malformed or holds no key.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public ApiKeys(IConfiguration configuration, TimeProvider time, ILogger<ApiKeys> log)
    {
        (_file, _time, _log) = (configuration[FileSetting], time, log);
        if (Required)
            _snapshot = Load(_file!);
    }

    /// <summary>True when callers must show a key.</summary>
    public bool Required => !string.IsNullOrWhiteSpace(_file);

    /// <summary>The name of the key, or null when it opens nothing.</summary>
    public string? NameOf(string key)
    {
        if (key.Length is 0 or > 512)
            return null;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), hash);
        return Current().Names.GetValueOrDefault(Convert.ToHexStringLower(hash));
    }

    private Snapshot Current()
    {
        var snapshot = _snapshot;
        if (_time.GetElapsedTime(snapshot.ReadAt) < Recheck)
            return snapshot;
        try
        {
            snapshot = File.GetLastWriteTimeUtc(_file!) == snapshot.Written ? snapshot with { ReadAt = _time.GetTimestamp() } : Load(_file!);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            LogUnreadable(e, _file!);
            snapshot = new([], default, _time.GetTimestamp());
        }
        return _snapshot = snapshot;
    }

    private Snapshot Load(string file)
    {
        var written = File.GetLastWriteTimeUtc(file);
        var names = new Dictionary<string, string>();
        var number = 0;
        foreach (var line in File.ReadLines(file))
        {
            number++;
            var parts = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length == 0)
                continue;
            if (parts.Length != 2 || parts[1].Length != 64 || !parts[1].All(char.IsAsciiHexDigit))
                throw new InvalidDataException($"{file}, line {number}: expected a name and the SHA-256 of a key in 64 hex digits.");
            names[parts[1].ToLowerInvariant()] = parts[0];
        }
        return names.Count > 0 ? new(names, written, _time.GetTimestamp()) : throw new InvalidDataException($"{file} holds no key.");
    }

    private sealed record Snapshot(Dictionary<string, string> Names, DateTime Written, long ReadAt);

    [LoggerMessage(LogLevel.Error, "The file of API keys {File} cannot be read; every key is refused until it can")]
    private partial void LogUnreadable(Exception e, string file);
}
