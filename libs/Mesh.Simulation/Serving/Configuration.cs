using Mesh.Ensemble;
using Mesh.Ensemble.Routing;

namespace Mesh.Simulation.Serving;

/// <summary>What routers answer with, by its number: 0 is what they begin with.</summary>
internal sealed record Configuration : RoutingSnapshot
{
    private Configuration(int number, EnsembleOptions options) : base(options) => Number = number;

    public int Number { get; }

    /// <summary>Of one seed every number is the same configuration at every router.</summary>
    public static Configuration Of(int seed, int number)
    {
        var random = new Random(HashCodeOf(seed, number));
        return new(number, new()
        {
            K = random.Next(1, 4),
            OverSelection = random.Next(2),
            Mix = (MixMode)random.Next(2),
            Gate = (GateKind)random.Next(3),
            Speculation = random.Next(2) * random.Next(1, 5),
            RefreshInterval = random.Next(6),
            NegligibleWeight = random.Next(3) * 0.01,
            TokenTimeout = TimeSpan.FromSeconds(10),
            NoExpertGrace = TimeSpan.FromSeconds(3),
        });
    }

    private static int HashCodeOf(int a, int b) => unchecked((a * 486187739 + b) * 16777619);
}
