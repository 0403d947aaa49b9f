using System.Text.Json;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Security;
using Mesh.Contracts.Steps;
using Mesh.Governance.Acts;
using Mesh.Governance.Members;
using Mesh.Governance.Phases;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Signing;

namespace Mesh.Governance.Configurations;

/// <summary>What every configuration keeps to, the first one and each that follows.</summary>
public static class ConfigurationCheck
{
    /// <summary>Of its JSON: an entry of the ledger has 64 KiB, and its canary has the routing once more.</summary>
    public const int MostBytes = 56 * 1024;
    private const int MostExperts = 16;   // Mixture.MostExperts: this project does not know the token loop

    /// <summary>Every one signs below a checkpoint, and the log does.</summary>
    public const int MostNodes = SignedNote.MostSignatures - 1;
    private const double MostSeconds = 90 * 86_400.0;

    /// <summary>Everything that is wrong with it, as sentences; empty when all is well.</summary>
    public static IReadOnlyList<string> Faults(MeshConfiguration configuration)
    {
        if (HasHoles(configuration))
            return ["An element of a list is null, or an expert has no list of adapters."];
        var faults = new Faults();
        faults.Unless(IsName(configuration.Mesh), $"The mesh's name is {NameRule}");
        faults.Unless(configuration.Version >= 1, "Versions start at 1.");
        CheckMembers(faults, configuration.Members);
        CheckNodes(faults, configuration.Nodes);
        if (faults.Count == 0)
        {
            var keys = configuration.Members.Select(m => m.Verifier).Concat(configuration.Nodes.Select(n => n.Verifier)).Select(k => k.PublicKeyBytes).ToArray();
            faults.Unless(keys.Select(Convert.ToHexString).Distinct().Count() == keys.Length, "Two members or nodes have one key.");
        }
        CheckPolicy(faults, configuration.Policy);
        faults.Unless(configuration.Policy.WitnessLiars == 0 || (configuration.Policy.WitnessLiars > 0 && configuration.Policy.WitnessLiars <= configuration.Nodes.Count - 2),
            $"witness_liars is {configuration.Policy.WitnessLiars}; it must be 0 to two less than there are nodes, of which there are {configuration.Nodes.Count}.");
        if (configuration.Security is { } security)
            CheckSecurity(faults, security);
        CheckRouting(faults, configuration.Routing);
        if (configuration.Canary is { } canary)
        {
            CheckRouting(faults, canary.Routing);
            faults.Unless(canary.Share is > 0 and <= 1 && SignedAct.IsHash(canary.Proposal), "A canary has a share above 0 to 1 and the hash of its proposal.");
        }
        if (faults.Count == 0)
            faults.Unless(Bytes(configuration) + JsonSerializer.SerializeToUtf8Bytes(configuration.Routing, GovernanceJson.Default.RoutingSettings).Length <= MostBytes,
                $"The configuration has at most {MostBytes} bytes as JSON, its routing counted twice.");
        return faults;
    }

    /// <summary>Settings of the token loop; ranges as the routers' own.</summary>
    public static IReadOnlyList<string> Faults(EnsembleSettings settings)
    {
        var faults = new Faults();
        faults.Unless(settings.K is null or (>= 1 and <= MostExperts), $"k is {settings.K}; it must be 1 to {MostExperts}.");
        faults.Unless(settings.OverSelection is null or (>= 0 and <= MostExperts), $"over_selection is {settings.OverSelection}; it must be 0 to {MostExperts}.");
        faults.Unless(settings.Gate is null or "uniform" or "evidence" or "learned", $"gate is '{settings.Gate}'; it must be uniform, evidence or learned.");
        faults.Unless(settings.Mix is null or "arithmetic" or "geometric", $"mix is '{settings.Mix}'; it must be arithmetic or geometric.");
        faults.Unless(settings.EvidenceDecay is null or (>= 0 and < 1), $"evidence_decay is {settings.EvidenceDecay}; it must be 0 to below 1.");
        faults.Unless(settings.EvidenceWeight is null or (>= 0 and <= 1e6), $"evidence_weight is {settings.EvidenceWeight}; it must be 0 to a million.");
        faults.Unless(settings.DeadlineFactor is null or (> 1 and <= 1e6), $"deadline_factor is {settings.DeadlineFactor}; it must be above 1, to a million.");
        faults.Unless(settings.MinimumDeadlineMs is null or (>= 0.001 and <= 86_400_000), $"minimum_deadline_ms is {settings.MinimumDeadlineMs}; it must be 0.001 to a day.");
        faults.Unless(settings.NegligibleWeight is null or (>= 0 and <= 1), $"negligible_weight is {settings.NegligibleWeight}; it must be 0 to 1.");
        faults.Unless(settings.Hysteresis is null or (>= 0 and <= 1e6), $"hysteresis is {settings.Hysteresis}; it must be 0 to a million.");
        faults.Unless(settings.RefreshInterval is null or >= 0, $"refresh_interval is {settings.RefreshInterval}; it must be 0 or more.");
        faults.Unless(settings.Speculation is null or (>= 0 and <= StepLimits.Drafts), $"speculation is {settings.Speculation}; it must be 0 to {StepLimits.Drafts}.");
        return faults;
    }

    /// <summary>What a reader of JSON lets through.</summary>
    private static bool HasHoles(MeshConfiguration configuration)
    {
        var admitted = configuration.Routing.Experts.Admitted.Concat(configuration.Canary?.Routing.Experts.Admitted ?? []);
        return configuration.Security is { } security && (security.RevokedKeys.Contains(null) || security.RateLimits.Any(l => l?.Name is null)) || configuration.Members.Contains(null) || configuration.Nodes.Contains(null) || admitted.Any(e => e?.Adapters is null || e.Adapters.Contains(null));
    }

    private const string NameRule = "1 to 64 of letters, digits, '.', '_', '@', '-', with a letter or digit first.";

    /// <summary>Names of members are parts of entries' ids and look like one thing only, so they are plain.</summary>
    private static bool IsName(string name) =>
        name.Length is > 0 and <= 64 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '@' or '-');

    private static void CheckMembers(Faults faults, IReadOnlyList<Member> members)
    {
        faults.Unless(members.Count > 0, "A mesh has a member.");
        faults.Unless(members.Select(m => m.Name.ToLowerInvariant()).Distinct().Count() == members.Count, "Two members have one name, but for its capitals.");
        foreach (var member in members)
        {
            faults.Unless(IsName(member.Name), $"A member's name is {NameRule}");
            faults.Unless(IsKey(() => member.Verifier, member.Name, KeyKind.Note), $"The key of '{member.Name}' is no verifier key of that name for notes.");
            faults.Unless(member.Roles.Distinct().Count() == member.Roles.Count, $"'{member.Name}' has a role twice.");
            if (Member.Conflict(member.Roles) is { } conflict)
                faults.Unless(false, $"'{member.Name}' cannot be both {conflict.Item1.ToString().ToLowerInvariant()} and {conflict.Item2.ToString().ToLowerInvariant()}: who vouches for an artifact has no part in its use.");
        }
    }

    private static void CheckNodes(Faults faults, IReadOnlyList<MeshNode> nodes)
    {
        faults.Unless(nodes.Count <= MostNodes, $"A mesh has at most {MostNodes} nodes, of whom there are {nodes.Count}: each cosigns, and a checkpoint has room for so many beside the log.");
        faults.Unless(nodes.Select(n => n.Name).Distinct().Count() == nodes.Count, "Two nodes have one name.");
        foreach (var node in nodes)
        {
            faults.Unless(IsName(node.Name), $"A node's name is {NameRule}");
            faults.Unless(IsKey(() => node.Verifier, node.Name, KeyKind.Cosignature), $"The key of the node '{node.Name}' is no verifier key of that name for cosignatures.");
            faults.Unless(node.Url is null || (node.Url.Length <= 512 && Uri.TryCreate(node.Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"), $"The address of the node '{node.Name}' is no HTTP address.");
        }
    }

    private static void CheckPolicy(Faults faults, TierPolicy policy)
    {
        faults.Unless(policy.MinorApprovals is >= 1 and <= 1000, "minor_approvals is 1 or more.");
        faults.Unless(policy.MajorReviewSeconds is >= 0 and <= MostSeconds, "major_review_seconds is 0 to 90 days.");
        faults.Unless(policy.CanaryShare is > 0 and <= 1, "canary_share is above 0 to 1.");
        faults.Unless(policy.CanarySessions is >= 1 and <= 1_000_000, "canary_sessions is 1 to a million.");
        faults.Unless(policy.CanarySeconds is > 0 and <= MostSeconds, "canary_seconds is above 0 to 90 days.");
        faults.Unless(policy.PhaseThresholds.Count == PhaseTable.Last && policy.PhaseThresholds[0] >= 1 && policy.PhaseThresholds.Zip(policy.PhaseThresholds.Skip(1)).All(p => p.First <= p.Second),
            $"phase_thresholds are {PhaseTable.Last} numbers, 1 or more, none below the one before.");
    }

    private static void CheckSecurity(Faults faults, SecuritySettings security)
    {
        var limited = security.RateLimits.Select(l => l.Name).ToArray();
        faults.Unless(!security.IsEmpty, "A section 'security' revokes or limits somebody; without that there is none.");
        faults.Unless(security.RevokedKeys.Count <= SecuritySettings.MostKeys && limited.Length <= SecuritySettings.MostKeys, $"At most {SecuritySettings.MostKeys} API keys are revoked, and as many have a rate limit of their own.");
        faults.Unless(security.RevokedKeys.Distinct().Count() == security.RevokedKeys.Count && limited.Distinct().Count() == limited.Length, "An API key is revoked, or has a rate limit, once.");
        faults.Unless(security.RevokedKeys.Concat(limited).All(ApiKeyFile.IsName), "The name of an API key is 1 to 64 of letters, digits, '.', '_', '-' and '@'.");
        faults.Unless(security.RateLimits.Select(l => l.PerMinute).Append(security.RateLimit ?? 1).All(n => n is >= 1 and <= SecuritySettings.MostPerMinute), $"A rate limit is 1 to {SecuritySettings.MostPerMinute} requests a minute.");
    }

    private static void CheckRouting(Faults faults, RoutingSettings routing)
    {
        faults.AddRange(Faults(routing.Ensemble));
        faults.Unless(routing.Gate is null || SignedAct.IsHash(routing.Gate), "The gate is named by its SHA-256, 64 lower hex digits.");
        faults.Unless(routing.Phase is null or (>= 0 and <= PhaseTable.Last), $"phase is {routing.Phase}; it must be 0 to {PhaseTable.Last}.");
        foreach (var spec in routing.Experts.Admitted)
            CheckExpert(faults, spec);
    }

    private static void CheckExpert(Faults faults, ExpertSpec spec)
    {
        faults.Unless(IsPath(spec.ModelPath), $"The model of '{spec.Id}' is an absolute path.");
        faults.Unless(spec.Threads is null or (>= 1 and <= 1024), $"The threads of '{spec.Id}' are 1 to 1024.");
        faults.Unless(spec.GpuLayers is >= -1 and <= 10_000, $"The GPU layers of '{spec.Id}' are -1 (all) or more.");
        faults.Unless(spec.ContextLength is null or (>= 1 and <= 16_777_216), $"The context length of '{spec.Id}' is 1 or more.");
        faults.Unless(spec.Description is null or { Length: <= 500 }, $"The description of '{spec.Id}' has at most 500 characters.");
        faults.Unless(spec.Adapters.Count <= 16 && spec.Adapters.All(a => IsPath(a.Path) && float.IsFinite(a.Scale)), $"The adapters of '{spec.Id}' are at most 16, with absolute paths.");
    }

    /// <summary>Absolute on Unix or Windows, whichever this is: a ledger says the same on every machine.</summary>
    private static bool IsPath(string path) => path.Length is > 1 and <= 1024 && (path[0] is '/' or '\\' || (char.IsAsciiLetter(path[0]) && path[1] == ':'));

    private static bool IsKey(Func<VerifierKey> key, string name, KeyKind kind)
    {
        try
        {
            return key() is var read && read.Name == name && read.Kind == kind;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static int Bytes(MeshConfiguration configuration) => JsonSerializer.SerializeToUtf8Bytes(configuration, GovernanceJson.Default.MeshConfiguration).Length;
}

/// <summary>A list of sentences.</summary>
internal sealed class Faults : List<string>
{
    public void Unless(bool holds, string fault)
    {
        if (!holds)
            Add(fault);
    }
}
