using Mesh.Contracts.Security;
using Mesh.Governance.Http.Hosting;
using Mesh.Ledger.Signing;
using Microsoft.Extensions.Options;
using SelfPrompt.Agent.Hosting;

namespace SelfPrompt.Agent.Client;

/// <summary>The agent's two keys: one signs what it proposes and records, one opens the router's API. Neither can vote, and neither is logged.</summary>
internal sealed partial class AgentKeys
{
    /// <summary>What the key that opens the router's API is called there, where this agent made it.</summary>
    public const string ApiKeyName = "mesh-selfprompt";

    private readonly OwnApiKey? _apiKey;
    private readonly ILogger<AgentKeys> _log;

    public AgentKeys(IOptions<SelfPromptOptions> options, IOptions<GovernanceOptions> governance, IConfiguration configuration, ILogger<AgentKeys> log)
    {
        var (self, people) = (options.Value, governance.Value);
        _log = log;
        Member = self.Member;
        KeyFile = self.KeyFile is { Length: > 0 } file ? file : Path.Combine(people.MemberKeysPath(configuration), self.Member + ".key");
        _apiKey = self.ApiKeyFile is { Length: > 0 } given ? new(ApiKeyName, given, null)
            : people.Development && configuration["Mesh:ApiKeysFile"] is { Length: > 0 } keys ? new(ApiKeyName, Path.Combine(GovernanceOptions.DataFolder(configuration), "selfprompt", "api-key"), keys)
            : null;
    }

    /// <summary>Whose key it signs with.</summary>
    public string Member { get; }

    public string KeyFile { get; }

    /// <summary>Read when it signs, so that another key takes no restart.</summary>
    /// <exception cref="IOException">It is not there, or others may read it.</exception>
    public SigningKey Load() => SigningKey.Load(KeyFile);

    /// <summary>Null: the router is asked without one.</summary>
    public string? ApiKey
    {
        get
        {
            try
            {
                if (_apiKey?.Read(out var made) is not { } key)
                    return null;
                if (made)
                    LogMade(_apiKey.Name, _apiKey.FilePath);
                return key;
            }
            catch (Exception fault) when (fault is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                LogUnreadable(fault.Message);
                return null;
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The agent has no API key for the router, one that asks for a key refuses it: {Fault}")]
    private partial void LogUnreadable(string fault);

    [LoggerMessage(LogLevel.Information, "The router asks for API keys: the key {Name} was added to its own for the agent, and lies in {File}.")]
    private partial void LogMade(string name, string file);
}
