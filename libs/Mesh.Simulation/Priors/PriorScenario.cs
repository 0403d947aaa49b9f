using Mesh.Ensemble;

namespace Mesh.Simulation.Priors;

/// <summary>What happens to an expert in the middle of a run.</summary>
public enum ExpertChange
{
    None,
    /// <summary>The best of the busiest domain forgets it.</summary>
    Worsens,
    /// <summary>One that knew nothing of the busiest domain becomes its best.</summary>
    Improves,
    /// <summary>A new one joins, the best of the busiest domain.</summary>
    Joins,
    /// <summary>The host of the best of the busiest domain dies; the pool lists it for three seconds more.</summary>
    Dies,
}

/// <summary>A mesh of eight experts, two for a token, and who comes to it.</summary>
/// <param name="Rate">Sessions a second; times between arrivals are exponential.</param>
/// <param name="Burst">So many arrive at once.</param>
/// <param name="Skew">Share of the sessions that are about the first domain.</param>
/// <param name="Tokens">Of a session's answer.</param>
/// <param name="Domains">4: one good expert and one fair one for each. 2: four nearly equal ones for each.</param>
public sealed record PriorScenario(
    string Name, double Rate, int Burst, double Skew, int Tokens, int Domains = 4, GateKind Gate = GateKind.Evidence, ExpertChange Change = ExpertChange.None)
{
    /// <summary>For fatigue: from an even load to favourites that are overloaded.</summary>
    public static IReadOnlyList<PriorScenario> Load { get; } =
    [
        new("even", 8, 1, 0.25, 48),
        new("skewed", 8, 1, 0.7, 48),
        new("skewed, in bursts of 8", 8, 8, 0.7, 48),
        new("skewed, trained gate", 8, 1, 0.7, 48, Gate: GateKind.Learned),
        new("skewed, many short", 14, 1, 0.7, 16),
        new("skewed, few long", 1, 1, 0.7, 384),
        new("four equals, skewed", 8, 1, 0.85, 48, Domains: 2),
        new("four equals, in bursts of 8", 8, 8, 0.85, 48, Domains: 2),
        new("idle", 0.3, 1, 0.7, 48),
    ];

    /// <summary>For exploration: each change with few long sessions and with many short ones.</summary>
    public static IReadOnlyList<PriorScenario> Changes { get; } =
    [
        .. from gate in new[] { GateKind.Evidence, GateKind.Learned }
           from change in Enum.GetValues<ExpertChange>()
           from isLong in new[] { true, false }
           select new PriorScenario(
               $"{(change == ExpertChange.None ? "nothing changes" : change.ToString().ToLowerInvariant())}, {(isLong ? "long" : "short")}{(gate == GateKind.Learned ? ", trained gate" : "")}",
               isLong ? 0.6 : 4, 1, 0.7, isLong ? 300 : 24, Gate: gate, Change: change),
    ];
}

/// <summary>What one run shows; what nobody came to see is no number.</summary>
/// <param name="P50">Milliseconds between two tokens, the first one's wait included.</param>
/// <param name="Jain">Fairness of the experts' busy time: 1 where all have the same, 1/N where one has it all.</param>
/// <param name="Nats">By how much less the mixture foresees a token of the text than the text's own source does: what is lost.</param>
/// <param name="NatsAfter">Of the tokens after the change, in sessions about the domain concerned.</param>
/// <param name="TokensUntil">Of a session, until the changed expert has the weight that it should have; a session that ends before counts with all of its tokens, one that the run's end cuts short not at all.</param>
public sealed record PriorResult(double P50, double P99, double Jain, double TokensPerSecond, double Nats, double NatsAfter, double TokensUntil);
