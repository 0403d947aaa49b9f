using Mesh.Ensemble;
using Mesh.Governance.Configurations;

namespace Router.Api.Governance.Routing;

/// <summary>The router's own settings with those that people govern in their place.</summary>
internal static class GovernedOptions
{
    /// <param name="faults">Everything that is out of range, as sentences; then the options are of no use.</param>
    public static EnsembleOptions Over(EnsembleOptions own, EnsembleSettings governed, out IReadOnlyList<string> faults)
    {
        var unknown = new List<string>();
        var options = own with
        {
            K = governed.K ?? own.K,
            OverSelection = governed.OverSelection ?? own.OverSelection,
            Gate = Named(governed.Gate, own.Gate, "Gate", unknown),
            Mix = Named(governed.Mix, own.Mix, "Mix", unknown),
            EvidenceDecay = governed.EvidenceDecay ?? own.EvidenceDecay,
            EvidenceWeight = governed.EvidenceWeight ?? own.EvidenceWeight,
            DeadlineFactor = governed.DeadlineFactor ?? own.DeadlineFactor,
            MinimumDeadline = governed.MinimumDeadlineMs is { } milliseconds ? Time(milliseconds) : own.MinimumDeadline,
            NegligibleWeight = governed.NegligibleWeight ?? own.NegligibleWeight,
            Hysteresis = governed.Hysteresis ?? own.Hysteresis,
            RefreshInterval = governed.RefreshInterval ?? own.RefreshInterval,
            Speculation = governed.Speculation ?? own.Speculation,
        };
        faults = [.. unknown, .. options.Faults()];
        return options;
    }

    private static T Named<T>(string? name, T own, string setting, List<string> unknown) where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
            if (name is null || name == value.ToString().ToLowerInvariant())
                return name is null ? own : value;
        unknown.Add($"{setting} is '{(name!.Length <= 64 ? name : name[..64])}'; it must be {string.Join(" or ", Enum.GetNames<T>()).ToLowerInvariant()}.");
        return own;
    }

    /// <summary>What is no time at all, or more than a day, becomes one that is out of range.</summary>
    private static TimeSpan Time(double milliseconds) => milliseconds is > 0 and <= 86_400_000 ? TimeSpan.FromMilliseconds(milliseconds) : TimeSpan.Zero;
}
