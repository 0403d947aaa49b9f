using System.Net.Http.Headers;
using Governance.Workflows.Hosting;
using Mesh.Contracts.Security;
using Mesh.Governance.Http.Hosting;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Nodes;

/// <summary>Governance's own API key, for routers that ask for one: that of <see cref="ServiceOptions.ApiKeyFile"/>. In development, where nobody gave one, it makes its own in the mesh's file of keys.</summary>
internal sealed partial class RouterKey
{
    /// <summary>Of the key that it makes itself.</summary>
    public const string Name = "mesh-governance";
    private readonly OwnApiKey? _key;
    private readonly ILogger<RouterKey> _log;

    public RouterKey(IOptions<ServiceOptions> options, IOptions<GovernanceOptions> governance, IConfiguration configuration, ILogger<RouterKey> log)
    {
        _log = log;
        _key = options.Value.ApiKeyFile is { Length: > 0 } given ? new(Name, given, null)
            : governance.Value.Development && configuration["Mesh:ApiKeysFile"] is { Length: > 0 } keys ? new(Name, Path.Combine(GovernanceOptions.DataFolder(configuration), "governance", "api-key"), keys)
            : null;
    }

    /// <summary>Null: routers are asked without one.</summary>
    public AuthenticationHeaderValue? Header
    {
        get
        {
            try
            {
                if (_key?.Read(out var made) is not { } key)
                    return null;
                if (made)
                    LogMade(Name, _key.FilePath);
                return new("Bearer", key);
            }
            catch (Exception fault) when (fault is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                LogUnreadable(fault.Message);
                return null;
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Governance has no API key for routers, those that ask for one refuse it: {Fault}")]
    private partial void LogUnreadable(string fault);

    [LoggerMessage(LogLevel.Information, "Routers ask for API keys: the key {Name} was added to theirs for governance, and lies in {File}.")]
    private partial void LogMade(string name, string file);
}
