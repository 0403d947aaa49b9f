using System.Net;
using System.Net.Http.Json;
using Mesh.Contracts.Experts;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;

namespace Mesh.EndToEnd.Tests;

/// <summary>What docs/governance.md walks through, whichever sidecar carries it: over the router's API, with the keys of the development members.</summary>
public abstract class GovernanceWalk<TFixture>(TFixture mesh) : IClassFixture<TFixture> where TFixture : MeshFixture
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private People People
    {
        get
        {
            Skip.If(mesh.Missing is not null, mesh.Missing);
            return new(mesh.Router, mesh.Data);
        }
    }

    [SkippableFact]
    public async Task A_routing_change_takes_two_votes_and_a_canary_and_then_runs_everywhere()
    {
        var people = await People.ReadyAsync(Limit);
        var before = await people.ConfigurationAsync();
        var hash = await people.ProposeAsync("ada", new SetEnsemble(new() { K = Other(before) }));
        Assert.Equal((HttpStatusCode.Forbidden, "own_proposal"), await people.VoteAsync("ada", hash, VoteChoice.Approve));
        Assert.Equal("open", await people.StatusAsync(hash));
        await people.ApproveAsync(hash, "ben", "cleo");
        await people.PromotedAsync(hash, Limit);
        var after = await people.ConfigurationAsync();
        Assert.Equal(Other(before), after.Routing.Ensemble.K);
        await MeshFixture.Eventually(async () => await people.RunningAsync() >= after.Version, "the router runs the new version", Limit);
        Assert.Contains("42", await mesh.Router.AskAsync("What is 17 + 25?", "arithmetic"));
        await people.VerifyLedgerAsync();
    }

    [SkippableFact]
    public async Task A_rejected_removal_makes_its_domain_read_only_until_everybody_lifts_it()
    {
        var people = await People.ReadyAsync(Limit);
        var version = (await people.ConfigurationAsync()).Version;
        var hash = await people.ProposeAsync("ada", new RemoveExpert(ExpertId.Parse("unix")));
        Assert.Equal((HttpStatusCode.OK, null), await people.VoteAsync("ben", hash, VoteChoice.Reject));
        await MeshFixture.Eventually(async () => await people.StatusAsync(hash) == "rejected", "the proposal is rejected", Limit);
        Assert.Equal((HttpStatusCode.Conflict, "domain_read_only"), await people.TryProposeAsync("ada", new RemoveExpert(ExpertId.Parse("code"))));
        Assert.Equal(version, (await people.ConfigurationAsync()).Version);

        var lift = await people.ProposeAsync("ada", new LiftDomain(Domain.Experts));
        await people.ApproveAsync(lift, "ben", "cleo");
        await MeshFixture.Eventually(async () => await people.StatusAsync(lift) == "promoted", "the domain is lifted", Limit);
        Assert.Equal(HttpStatusCode.Accepted, (await people.TryProposeAsync("ada", new RemoveExpert(ExpertId.Parse("code")))).Status);
        await people.VerifyLedgerAsync();
    }

    [SkippableFact]
    public async Task A_halt_ends_every_stream_undoes_the_last_change_and_lasts_until_two_others_resume()
    {
        var people = await People.ReadyAsync(Limit);
        var before = await people.ConfigurationAsync();
        var change = await people.ProposeAsync("ada", new SetEnsemble(new() { K = Other(before) }));
        await people.ApproveAsync(change, "ben", "cleo");
        await people.PromotedAsync(change, Limit);

        using var end = new CancellationTokenSource(Limit);
        var streams = Enumerable.Range(0, 4).Select(n => new EndlessStream(mesh.Router, $"Tell me about {n} seas.", end.Token)).ToArray();
        await Task.WhenAll(streams.Select(s => s.Running)).WaitAsync(end.Token);
        var halt = await people.HaltAsync("ben");
        Assert.All(await Task.WhenAll(streams.Select(s => s.Ended)), code => Assert.Equal("mesh_halted", code));

        using var refused = await mesh.Router.PostAsJsonAsync("/v1/chat/completions", RouterClient.Chat("What is 17 + 25?"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "mesh_halted"), (refused.StatusCode, await People.CodeAsync(refused)));
        using var registered = await mesh.Router.PostAsJsonAsync("/mesh/experts", new { id = "another", model_path = "/nowhere/model.gguf" });
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "mesh_halted"), (registered.StatusCode, await People.CodeAsync(registered)));
        await MeshFixture.Eventually(async () => (await people.ConfigurationAsync()).Routing.Ensemble.K != Other(before), "the change is undone", Limit);
        Assert.Equal("undone", await people.StatusAsync(change));

        Assert.Equal((HttpStatusCode.Forbidden, "own_proposal"), await people.ResumeAsync(halt, "ben", "cleo"));
        Assert.Equal((HttpStatusCode.OK, null), await people.ResumeAsync(halt, "ada", "cleo"));
        await MeshFixture.Eventually(async () =>
        {
            using var answer = await mesh.Router.PostAsJsonAsync("/v1/chat/completions", RouterClient.Chat("What is 17 + 25?", "arithmetic"));
            return answer.IsSuccessStatusCode;
        }, "the mesh answers again", Limit);
        await people.VerifyLedgerAsync($"halt/{halt}");
    }

    private static int Other(MeshConfiguration configuration) => configuration.Routing.Ensemble.K == 3 ? 4 : 3;
}

public sealed class GovernanceWalkOnTheEmbeddedSidecar(EmbeddedMesh mesh) : GovernanceWalk<EmbeddedMesh>(mesh);

public sealed class GovernanceWalkOnRealDapr(DaprdMesh mesh) : GovernanceWalk<DaprdMesh>(mesh);
