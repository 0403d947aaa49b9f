using Mesh.Contracts.Security;
using Mesh.Governance.Http;

namespace Router.Api.Security;

/// <summary>
/// The keys that open the API, of an <see cref="ApiKeyFile"/>. The file is read again when it changes; one that is missing or malformed then opens for nobody.
/// A key that people revoked opens nothing, whatever the file says.
/// </summary>
internal sealed partial class ApiKeys
{
    public const string FileSetting = "Mesh:ApiKeysFile";
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(1);

    private readonly string? _file;
    private readonly IMeshNode _node;
    private readonly TimeProvider _time;
    private readonly ILogger<ApiKeys> _log;
    private volatile Snapshot _snapshot = new([], default, 0);

    /// <exception cref="InvalidDataException">The file is malformed or holds no key.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public ApiKeys(IConfiguration configuration, IMeshNode node, TimeProvider time, ILogger<ApiKeys> log)
    {
        (_file, _node, _time, _log) = (configuration[FileSetting], node, time, log);
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
        return Current().Names.TryGetValue(ApiKeyFile.HashOf(key), out var name) && _node.Configuration?.Security?.IsRevoked(name) != true ? name : null;
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
        foreach (var key in new ApiKeyFile(file).List())
            names[key.Hash] = key.Name;
        return names.Count > 0 ? new(names, written, _time.GetTimestamp()) : throw new InvalidDataException($"{file} holds no key. Make one: keys add NAME --file {file}");
    }

    private sealed record Snapshot(Dictionary<string, string> Names, DateTime Written, long ReadAt);

    [LoggerMessage(LogLevel.Error, "The file of API keys {File} cannot be read; every key is refused until it can")]
    private partial void LogUnreadable(Exception e, string file);
}
