using System.CommandLine;
using Mesh.Governance.Configurations;

namespace Mesh.Tool.Governance;

/// <summary>Settings of the token loop as options; ranges are checked by the mesh.</summary>
internal sealed class EnsembleArguments
{
    private readonly Option<int?> _k = new("--k") { Description = "Experts mixed for a token." };
    private readonly Option<int?> _overSelection = new("--over-selection") { Description = "Experts asked beyond them; the first answers count." };
    private readonly Option<string?> _gate = new("--gate") { Description = "How experts are weighed." };
    private readonly Option<string?> _mix = new("--mix") { Description = "How their distributions are mixed." };
    private readonly Option<double?> _evidenceDecay = new("--evidence-decay") { Description = "How long the past of a text counts, 0 to below 1." };
    private readonly Option<double?> _evidenceWeight = new("--evidence-weight") { Description = "How much it counts." };
    private readonly Option<double?> _deadlineFactor = new("--deadline-factor") { Description = "Of an expert's usual time, above 1." };
    private readonly Option<double?> _minimumDeadline = new("--minimum-deadline-ms") { Description = "Least deadline in milliseconds." };
    private readonly Option<double?> _negligible = new("--negligible-weight") { Description = "Below it a late expert is not awaited, 0 to 1." };
    private readonly Option<double?> _hysteresis = new("--hysteresis") { Description = "How much better another expert has to be to take a place." };
    private readonly Option<int?> _refresh = new("--refresh-interval") { Description = "Tokens between looks at experts that are not asked; 0 never." };
    private readonly Option<int?> _speculation = new("--speculation") { Description = "Tokens drafted ahead; 0 none." };

    private EnsembleArguments()
    {
        _gate.AcceptOnlyFromAmong("uniform", "evidence", "learned");
        _mix.AcceptOnlyFromAmong("arithmetic", "geometric");
    }

    public EnsembleArguments(Command command) : this() =>
        Add(command, _k, _overSelection, _gate, _mix, _evidenceDecay, _evidenceWeight, _deadlineFactor, _minimumDeadline, _negligible, _hysteresis, _refresh, _speculation);

    /// <summary>Those that can be measured away from traffic.</summary>
    public static EnsembleArguments OfEvaluation(Command command)
    {
        var arguments = new EnsembleArguments();
        Add(command, arguments._k, arguments._gate);
        return arguments;
    }

    private static void Add(Command command, params ReadOnlySpan<Option> options)
    {
        foreach (var option in options)
            command.Options.Add(option);
    }

    public EnsembleSettings Read(ParseResult arguments) => new()
    {
        K = arguments.GetValue(_k),
        OverSelection = arguments.GetValue(_overSelection),
        Gate = arguments.GetValue(_gate),
        Mix = arguments.GetValue(_mix),
        EvidenceDecay = arguments.GetValue(_evidenceDecay),
        EvidenceWeight = arguments.GetValue(_evidenceWeight),
        DeadlineFactor = arguments.GetValue(_deadlineFactor),
        MinimumDeadlineMs = arguments.GetValue(_minimumDeadline),
        NegligibleWeight = arguments.GetValue(_negligible),
        Hysteresis = arguments.GetValue(_hysteresis),
        RefreshInterval = arguments.GetValue(_refresh),
        Speculation = arguments.GetValue(_speculation),
    };
}
