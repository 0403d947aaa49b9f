using Mesh.Contracts.Observations;
using SelfPrompt.Agent.Observing;

namespace SelfPrompt.Agent.Tests.Tasks.SecurityLogAnalysis;

/// <summary>Logs of honest use at the highest rates that count as usual, from a seed; and attacks to plant in them.</summary>
internal static class SecurityLogs
{
    private const int Buckets = 24;

    public static MeshObservation Clean(SyntheticMesh mesh, int seed)
    {
        var random = new Random(seed);
        var events = from source in Enumerable.Range(0, 10)
                     from bucket in Enumerable.Range(0, Buckets)
                     from _ in Enumerable.Range(0, Poisson(random, 3))
                     select Wrong($"10.0.0.{source}", Sightings.From.AddMinutes(5 * bucket + 5 * random.NextDouble()));
        var keys = Enumerable.Range(0, 10).Select(k => new KeyUse($"key{k}", 400, Binomial(random, 400, 0.15), Binomial(random, 400, 0.05), Poisson(random, 4)));
        var experts = SyntheticMesh.Experts.Select(e => new ExpertUse(e, 1 / 6.0, 2000, Binomial(random, 2000, 0.05), 6, 11));
        return Sightings.Of(mesh).With((RouterObservations r) => r with { Security = [.. events], Keys = [.. keys], Experts = [.. experts] });
    }

    public static RouterObservations Guessing(RouterObservations clean, Random random) => clean with
    {
        Security = [.. clean.Security, .. Enumerable.Range(0, 120).Select(_ => Wrong("203.0.113.7", Sightings.From.AddMinutes(40 + 5 * random.NextDouble())))],
    };

    public static RouterObservations Shared(RouterObservations clean) => clean with { Keys = [.. clean.Keys, new KeyUse("copied", 900, 20, 0, 40)] };

    public static RouterObservations Refused(RouterObservations clean, Random random) => clean with { Keys = [.. clean.Keys, new KeyUse("broken", 300, Binomial(random, 300, 0.8), 0, 2)] };

    public static RouterObservations Late(RouterObservations clean, Random random) => clean with
    {
        Experts = [.. clean.Experts.Select(e => e.Expert == "unix" ? e with { Dropped = Binomial(random, 2000, 0.6) } : e)],
    };

    private static SecurityEvent Wrong(string source, DateTimeOffset at) => new(at, SecurityEventKind.WrongKey, null, source, "/v1/chat/completions");

    private static int Poisson(Random random, double mean)
    {
        var (count, product, limit) = (0, random.NextDouble(), Math.Exp(-mean));
        for (; product > limit; count++)
            product *= random.NextDouble();
        return count;
    }

    private static int Binomial(Random random, int trials, double probability) => Enumerable.Range(0, trials).Count(_ => random.NextDouble() < probability);
}
