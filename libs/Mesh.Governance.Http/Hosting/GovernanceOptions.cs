using Mesh.Ledger.Signing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Mesh.Governance.Http.Hosting;

/// <summary>What a node does when it has lost the lease.</summary>
public enum OnLeaseLost
{
    /// <summary>It changes nothing; answers go on.</summary>
    Readonly,
    /// <summary>It also ends its streams and refuses new ones until it has the lease again.</summary>
    Halt,
}

/// <summary>Whether and how this process is governed; section <c>Mesh:Governance</c>.</summary>
public sealed class GovernanceOptions
{
    public const string Section = "Mesh:Governance";

    /// <summary>False: everything is permitted, and nobody can halt this process through the mesh.</summary>
    public bool Enabled { get; set; }

    /// <summary>The file with the trust root; empty is <c>governance/genesis.json</c> in <c>Mesh:Data</c>.</summary>
    public string Genesis { get; set; } = "";

    /// <summary>Where nodes are reached, over what the configuration says: <c>name=url;name=url</c>.</summary>
    public string NodeUrls { get; set; } = "";

    public OnLeaseLost OnLeaseLost { get; set; }

    /// <summary>T: who has not seen a quorum for so long has no lease. Heads are cosigned again every third of it.</summary>
    public TimeSpan LeaseTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Most that the clocks of two machines differ.</summary>
    public TimeSpan Skew { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Governance makes a throw-away genesis with members of its own where there is none.</summary>
    public bool Development { get; set; }

    /// <summary>The folder of the development members' keys; empty is <c>governance/members</c> in <c>Mesh:Data</c>.</summary>
    public string MemberKeys { get; set; } = "";

    /// <summary>The folder of what governance and nodes keep, <c>Mesh:Data</c>.</summary>
    public static string DataFolder(IConfiguration configuration) =>
        configuration["Mesh:Data"] is { Length: > 0 } data ? data : Path.Combine(AppContext.BaseDirectory, ".mesh");

    public string GenesisPath(IConfiguration configuration) => Genesis.Length > 0 ? Genesis : Path.Combine(DataFolder(configuration), "governance", "genesis.json");

    public string MemberKeysPath(IConfiguration configuration) => MemberKeys.Length > 0 ? MemberKeys : Path.Combine(DataFolder(configuration), "governance", "members");

    /// <summary><see cref="NodeUrls"/> by name.</summary>
    /// <exception cref="FormatException">It is not written so.</exception>
    public IReadOnlyDictionary<string, Uri> Urls() => NodeUrls
        .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(pair => pair.Split('=', 2, StringSplitOptions.TrimEntries))
        .Select(pair => pair is [var name, var url] && VerifierKey.IsName(name) && Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? (name, uri) : throw new FormatException($"'{string.Join('=', pair)}' is not a node's name=url."))
        .DistinctBy(node => node.name)
        .ToDictionary(node => node.name, node => node.uri);
}

/// <summary>Names every fault at once, before anything starts.</summary>
internal sealed class ValidateGovernanceOptions : IValidateOptions<GovernanceOptions>
{
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(10);

    /// <summary>Cosignatures have whole seconds, and the answer to one takes a while; with less left over a lease would flicker.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1.5);

    public ValidateOptionsResult Validate(string? name, GovernanceOptions options)
    {
        var faults = new List<string>();
        if (options.LeaseTime <= TimeSpan.Zero || options.LeaseTime > Most)
            faults.Add($"{GovernanceOptions.Section}:LeaseTime is {options.LeaseTime}; it must be above zero and at most {Most}.");
        if (options.Skew < TimeSpan.Zero || options.LeaseTime * 2 / 3 - options.Skew < Slack)
            faults.Add($"{GovernanceOptions.Section}:Skew is {options.Skew}; it must be from zero to two thirds of LeaseTime less {Slack}, as 1 s of 5 s.");
        if (!Enum.IsDefined(options.OnLeaseLost))
            faults.Add($"{GovernanceOptions.Section}:OnLeaseLost must be readonly or halt.");
        try
        {
            options.Urls();
        }
        catch (FormatException fault)
        {
            faults.Add($"{GovernanceOptions.Section}:NodeUrls: {fault.Message}");
        }
        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }
}
