using Mesh.Contracts.Experts;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;

namespace Governance.Workflows.Tests.Faults;

/// <param name="Steps">The ids of its entries, hashes by the order of their appearance.</param>
/// <param name="HasWorkflow">Whether a workflow carries it on.</param>
internal sealed record Story(IReadOnlyList<string> Steps, Func<Telling, Task> TellAsync, bool HasWorkflow = true);

/// <summary>What people do in a governed mesh, and how it must end, whoever dies meanwhile.</summary>
internal static class Stories
{
    private static readonly string[]
        Approved = ["proposal/#0", "vote/#0/ben", "vote/#0/cleo", "decision/#0"],
        Reported = ["report/#0/end", "report/#0/effect"];

    public static Story Promoted { get; } = new([.. Approved, "configuration/#0/canary", "configuration/#0/promoted", .. Reported], PromotedAsync);

    public static IReadOnlyDictionary<string, Story> All { get; } = new Dictionary<string, Story>
    {
        ["promoted"] = Promoted,
        ["undone"] = new([.. Approved, "configuration/#0/canary", "configuration/#0/undone", .. Reported], UndoneAsync),
        ["rejected"] = new(
            ["proposal/#0", "vote/#0/ben", "decision/#0", "proposal/#1", "vote/#1/ben", "vote/#1/cleo", "decision/#1", "configuration/#1/promoted", "report/#1/end", "report/#1/effect"], RejectedAsync),
        ["quarantine"] = new([.. Approved, "configuration/#0/promoted", .. Reported], QuarantineAsync),
        ["phase"] = new([.. Approved, "configuration/#0/canary", "configuration/#0/promoted", .. Reported], PhaseAsync),
        ["evaluation"] = new(["proposal/#0", "report/#0/evaluation"], EvaluationAsync),
        ["halt"] = new(["halt/#0", "configuration/halt/#0", "report/#0/effect", "resume/#1", "report/#0/resumed"], HaltAsync),
        ["self"] = new(["self/#0/observe", "self/#0/analyse", "self/#0/propose"], SelfAsync, HasWorkflow: false),
    };

    /// <summary>A minor change that was not there before.</summary>
    public static async Task<SetEnsemble> ChangeAsync(Telling telling) => new(new() { EvidenceWeight = ((await telling.ConfigurationAsync()).Routing.Ensemble.EvidenceWeight ?? 0) + 1 });

    /// <summary>A minor change: two votes, a canary, and it runs.</summary>
    private static async Task PromotedAsync(Telling telling)
    {
        var (before, change) = (await telling.ConfigurationAsync(), await ChangeAsync(telling));
        await ApprovedAsync(telling, change, "promoted");
        var ensemble = before.Routing.Ensemble with { EvidenceWeight = change.Ensemble.EvidenceWeight };
        Assert.Equal(before with { Version = before.Version + 2, Routing = before.Routing with { Ensemble = ensemble } }, await telling.ConfigurationAsync());
    }

    /// <summary>A change that breaks the sessions of its canary: exactly what was before it runs again.</summary>
    private static async Task UndoneAsync(Telling telling)
    {
        var before = await telling.ConfigurationAsync();
        await ApprovedAsync(telling, new SetEnsemble(new() { K = TestRouter.Bad }), "undone");
        Assert.Equal(before with { Version = before.Version + 2 }, await telling.ConfigurationAsync());
    }

    /// <summary>A major change that somebody rejects: its domain is read-only until all lift that.</summary>
    private static async Task RejectedAsync(Telling telling)
    {
        var before = await telling.ConfigurationAsync();
        var hash = await telling.ProposeAsync("ada", OtherPhase(before));
        await telling.VoteAsync(hash, VoteChoice.Reject, "ben");
        await telling.StatusAsync(hash, "rejected");
        Assert.Equal(ActCode.DomainReadOnly, await telling.RefusedAsync("ada", OtherPhase(before)));
        await ApprovedAsync(telling, new LiftDomain(Domain.Phase), "promoted");
        Assert.Equal(before with { Version = before.Version + 1 }, await telling.ConfigurationAsync());
    }

    /// <summary>An expert is out at once, without a canary.</summary>
    private static async Task QuarantineAsync(Telling telling)
    {
        var before = await telling.ConfigurationAsync();
        var expert = ExpertId.Parse($"e{before.Version}");
        await ApprovedAsync(telling, new QuarantineExpert(expert, "it insults people"), "promoted");
        Assert.Equal([.. before.Routing.Experts.Quarantined, expert], (await telling.ConfigurationAsync()).Routing.Experts.Quarantined);
    }

    private static async Task PhaseAsync(Telling telling)
    {
        var change = OtherPhase(await telling.ConfigurationAsync());
        await ApprovedAsync(telling, change, "promoted");
        Assert.Equal(change.Phase, (await telling.ConfigurationAsync()).Routing.Phase);
    }

    /// <summary>Settings are measured and reported, and nothing changes.</summary>
    private static async Task EvaluationAsync(Telling telling)
    {
        var before = await telling.ConfigurationAsync();
        await telling.ProposeAsync("ada", new EvaluateRouting(new() { K = 2 }));
        Assert.Equal(before, await telling.ConfigurationAsync());
    }

    /// <summary>One stops everything while a change waits for its canary; two others resume as soon as they may.</summary>
    private static async Task HaltAsync(Telling telling)
    {
        var halt = await telling.HaltAsync("ben");
        Assert.Equal(ActCode.Halted, await telling.RefusedAsync("ada", new SetEnsemble(new() { K = 3 })));
        Assert.All(telling.Mesh.Routers, r => Assert.True(r.Node.IsHalted));
        await telling.ResumeAsync(halt, "ada", "cleo");
        await telling.EndedAsync();
        var state = await telling.Mesh.ReplayAsync();
        var undone = state.History.Where(c => c.UndoneBy == halt).ToArray();
        Assert.NotEmpty(undone);
        Assert.Equal(undone[0].Before.Routing with { Experts = state.Configuration!.Routing.Experts }, state.Configuration.Routing);
    }

    /// <summary>A program records the steps of a run, each once, whatever it was told of the one before.</summary>
    private static async Task SelfAsync(Telling telling)
    {
        var before = await telling.ConfigurationAsync();
        var run = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        foreach (var step in new[] { "observe", "analyse", "propose" })
            await telling.RecordAsync(run, step);
        var stands = await telling.StepsAsync(run);
        Assert.Equal(["propose", "analyse", "observe"], stands.Select(s => s.Step));
        await telling.RecordAsync(run, "observe");
        Assert.Equal(stands, await telling.StepsAsync(run));
        Assert.Equal(before, await telling.ConfigurationAsync());
    }

    private static async Task ApprovedAsync(Telling telling, Operation operation, string end)
    {
        var hash = await telling.ProposeAsync("ada", operation);
        await telling.VoteAsync(hash, VoteChoice.Approve, "ben", "cleo");
        await telling.StatusAsync(hash, end);
    }

    private static SetPhase OtherPhase(MeshConfiguration now) => new(now.Routing.Phase == 1 ? 2 : 1);
}
