using System.Net.Http.Headers;
using Governance.Workflows.Hosting;
using Mesh.Contracts.Security;
using Mesh.Governance.Http.Hosting;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Nodes;

/// <summary>
/// Governance's own API key, for routers that ask for one: that of <see cref="ServiceOptions.ApiKeyFile"/>. In development, where nobody gave one, it makes its own in the mesh's file of
/// keys. It is read each time, so that another key takes no restart, and never logged.
/// </summary>
internal sealed partial class RouterKey(IOptions<ServiceOptions> options, IOptions<GovernanceOptions> governance, IConfiguration configuration, ILogger<RouterKey> log)
{
    /// <summary>Of the key that it makes itself.</summary>
    public const string Name = "mesh-governance";
    private const int MostCharacters = 512;
    private readonly Lock _making = new();

    /// <summary>Null: routers are asked without one.</summary>
    public AuthenticationHeaderValue? Header
    {
        get
        {
            try
            {
                return (options.Value.ApiKeyFile is { Length: > 0 } file ? Read(file) : Made()) is { } key ? new("Bearer", key) : null;
            }
            catch (Exception fault) when (fault is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                LogUnreadable(fault.Message);
                return null;
            }
        }
    }

    private static string Read(string file)
    {
        var key = File.ReadAllText(file).Trim();
        return key.Length is > 0 and <= MostCharacters && key.All(c => char.IsBetween(c, '!', '~')) ? key : throw new InvalidDataException($"{file} holds no API key: one line is expected.");
    }

    private string? Made()
    {
        if (!governance.Value.Development || configuration["Mesh:ApiKeysFile"] is not { Length: > 0 } file)
            return null;
        lock (_making)
        {
            var keys = new ApiKeyFile(file);
            var own = Path.Combine(configuration["Mesh:Data"] is { Length: > 0 } data ? data : ".mesh", "governance", "api-key");
            if (File.Exists(own) && ApiKeyFile.HashOf(Read(own)) is var hash && keys.List().Any(k => k.Hash == hash))
                return Read(own);
            keys.Revoke(Name);
            Write(own, keys.Add(Name));
            LogMade(Name, keys.FilePath, own);
            return Read(own);
        }
    }

    private static void Write(string file, string key)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.Delete(file);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(file, options);
        writer.WriteLine(key);
    }

    [LoggerMessage(LogLevel.Warning, "Governance has no API key for routers, those that ask for one refuse it: {Fault}")]
    private partial void LogUnreadable(string fault);

    [LoggerMessage(LogLevel.Information, "Routers ask for API keys: the key {Name} was added to {Keys} for governance, and lies in {File}.")]
    private partial void LogMade(string name, string keys, string file);
}
