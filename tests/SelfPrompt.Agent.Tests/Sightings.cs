using Mesh.Contracts.Observations;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Ledger.Signing;
using Microsoft.Extensions.Options;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Tasks;
using SelfPrompt.Agent.Tasks.TestGeneration;

namespace SelfPrompt.Agent.Tests;

/// <summary>What a run sees of a <see cref="SyntheticMesh"/> that nothing is wrong with; tests change what they are about.</summary>
internal static class Sightings
{
    public static readonly DateTimeOffset From = new(2026, 11, 28, 10, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset To = From.AddHours(2);

    private static readonly MeshConfiguration Configuration = new()
    {
        Mesh = "test",
        Version = 1,
        Members = [Person("ada", Role.Admin, Role.Approver), Person("bob", Role.Approver), Person("cyd", Role.Approver, Role.Oncall), Person("agent", Role.Deployer)],
    };

    public static MeshObservation Of(SyntheticMesh mesh) => new(
        To.ToUnixTimeMilliseconds(), Configuration,
        new(mesh.Own.K, mesh.Own.OverSelection, mesh.Own.Gate, "arithmetic", 0, mesh.Own.EvidenceDecay, mesh.Own.EvidenceWeight, mesh.Own.DeadlineFactor, mesh.Own.MinimumDeadlineMs, 0.01, 0.5, 16),
        [.. SyntheticMesh.Experts.Select(e => new SeenExpert(e, "ready", null))],
        new("run", From, To, new(500, 2, 20_000, 80, 8, 12, 40), [.. SyntheticMesh.Experts.Select(e => new ExpertUse(e, 1 / 6.0, 10_000, 20, 6, 11))], [], [], [], []),
        []);

    public static MeshObservation With(this MeshObservation seen, Func<RouterObservations, RouterObservations> change) => seen with { Router = change(seen.Router) };

    public static MeshObservation With(this MeshObservation seen, Func<MeshConfiguration, MeshConfiguration> change) => seen with { Configuration = change(seen.Configuration) };

    public static AcceptedCases Cases(string folder) => new(Options.Create(new SelfTaskOptions { CasesFolder = folder }));

    private static Member Person(string name, params Role[] roles) => new(name, SigningKey.FromSeed(name, System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name))).Verifier.Text, roles);
}
