using Grpc.Core;
using Grpc.Net.Client;
using Mesh.Chorus.Leases;
using Mesh.Contracts.Experts;
using Mesh.Governance.Acts;
using Mesh.Ledger.Signing;
using Mesh.Testing;
using Microsoft.Extensions.DependencyInjection;
using Router.Api.Experts;
using Router.Api.Grpc;
using Router.Api.Security;
using Router.Api.Tests.Governance;

namespace Router.Api.Tests.Grpc;

/// <summary><c>worldcompute.v1.MeshLlmService</c> as a client sees it, over a real port.</summary>
public sealed class MeshLlmTests
{
    private const string Door = "--Mesh:GrpcPort=0";

    [Fact]
    public async Task Status_counts_and_names_the_experts_that_answer()
    {
        var experts = new FakeExperts("alpha", "beta");
        experts.Put("gamma", ExpertState.Loading);
        await using var router = await RouterHost.StartAsync(experts, null, Door);
        using var channel = Open(router);
        var status = await new MeshLlmService.MeshLlmServiceClient(channel).GetRouterStatusAsync(new());
        Assert.Equal(2u, status.OnlineExpertCount);
        Assert.Equal(["alpha", "beta"], status.OnlineExpertIds);
        // The port of people's browsers stays theirs.
        Assert.True((await router.Client.GetAsync("/mesh/status")).IsSuccessStatusCode);
    }

    [Fact]
    public async Task An_expert_is_registered_by_the_name_of_a_model_or_by_its_path()
    {
        var specs = new List<ExpertSpec>();
        var models = Path.GetDirectoryName(Checkout.Model("generalist"))!;
        await using var router = await RouterHost.StartAsync(new ScriptedLoop(), builder => builder.Services.Configure<RegistryOptions>(registry => registry.Models = models), Door);
        router.Experts.OnRegister = spec => Add(specs, spec);
        using var channel = Open(router);
        var service = new MeshLlmService.MeshLlmServiceClient(channel);
        var answer = await service.RegisterExpertAsync(new() { ExpertId = "delta", ModelName = "generalist", CapacityTokensPerSec = 20 });
        Assert.True(answer.Success, answer.Message);
        Assert.Contains("delta", answer.Message);
        Assert.True((await service.RegisterExpertAsync(new() { ExpertId = "omega", ModelName = "/models/omega.gguf" })).Success);
        Assert.Equal([("delta", Checkout.Model("generalist")), ("omega", "/models/omega.gguf")], specs.Select(s => (s.Id.Value, s.ModelPath)));
        Assert.False((await service.RegisterExpertAsync(new() { ExpertId = "refused", ModelName = "x.gguf" })).Success);
    }

    [Theory]
    [InlineData("", "x.gguf", 0), InlineData("../x", "x.gguf", 0), InlineData("delta", "", 0), InlineData("delta", "x.gguf", -1), InlineData("delta", "x.gguf", double.NaN), InlineData("delta", "x.gguf", double.PositiveInfinity)]
    public async Task Wrong_arguments_are_named(string id, string model, double capacity)
    {
        await using var router = await RouterHost.StartAsync(new FakeExperts("alpha", "beta", "gamma"), null, Door);
        using var channel = Open(router);
        var request = new RegisterExpertRequest { ExpertId = id, ModelName = model, CapacityTokensPerSec = capacity };
        Assert.Equal(StatusCode.InvalidArgument, await FaultAsync(() => new MeshLlmService.MeshLlmServiceClient(channel).RegisterExpertAsync(request)));
    }

    [Fact]
    public async Task Nobody_is_registered_without_the_lease_nor_past_the_people()
    {
        var specs = new List<ExpertSpec>();
        await using var router = await RouterHost.StartAsync(new FakeExperts("alpha") { OnRegister = spec => Add(specs, spec) }, null, Door);
        using var channel = Open(router);
        var service = new MeshLlmService.MeshLlmServiceClient(channel);
        var request = new RegisterExpertRequest { ExpertId = "delta", ModelName = "x.gguf" };
        await router.GovernAsync(Configurations.Of(1) with { Policy = new() { GovernedRegistration = true } });
        Assert.Contains("mesh propose admit-expert delta", (await service.RegisterExpertAsync(request)).Message);
        await router.GovernAsync(Configurations.Of(2));
        router.Node.Lease = LeaseState.Lost;
        var answer = await service.RegisterExpertAsync(request);
        Assert.False(answer.Success);
        Assert.Contains("lease", answer.Message);
        Assert.Equal(StatusCode.FailedPrecondition, await FaultAsync(() => service.SubmitSelfTaskAsync(new() { TaskType = "gate" })));
        Assert.Empty(specs);
    }

    [Fact]
    public async Task A_self_task_is_not_accepted_where_no_agent_is()
    {
        await using var router = await RouterHost.StartAsync(new FakeExperts("alpha", "beta", "gamma"), null, Door);
        using var channel = Open(router);
        var answer = await new MeshLlmService.MeshLlmServiceClient(channel).SubmitSelfTaskAsync(new() { TaskType = "gate" });
        Assert.False(answer.Accepted);
        Assert.InRange(answer.PromptPreview.Length, 1, 200);
    }

    [Fact]
    public async Task A_halt_carries_its_signed_note_and_says_what_the_note_says()
    {
        using var key = SigningKey.Create("ben");
        var note = SignedAct.Sign(new HaltOrder("dev", "ben", "stop", 1_800_000_000, new string('a', 32)), key).Note.ToString();
        await using var router = await RouterHost.StartAsync(new FakeExperts("alpha", "beta", "gamma"), null, Door);
        using var channel = Open(router);
        var service = new MeshLlmService.MeshLlmServiceClient(channel);
        var request = new HaltMeshRequest { RequesterId = "ben", Reason = "stop" };
        Assert.Equal(StatusCode.Unauthenticated, await FaultAsync(() => service.HaltMeshAsync(request)));
        Assert.Equal(StatusCode.InvalidArgument, await FaultAsync(() => service.HaltMeshAsync(request, Signed("no note"))));
        Assert.Equal(StatusCode.InvalidArgument, await FaultAsync(() => service.HaltMeshAsync(new() { RequesterId = "ada", Reason = "stop" }, Signed(note))));
        Assert.Equal(StatusCode.InvalidArgument, await FaultAsync(() => service.HaltMeshAsync(new() { RequesterId = "ben", Reason = "another" }, Signed(note))));
        Assert.False(router.Node.IsHalted);
        router.Node.Refuses = note;
        Assert.Equal(StatusCode.PermissionDenied, await FaultAsync(() => service.HaltMeshAsync(request, Signed(note))));
        Assert.False(router.Node.IsHalted);
        router.Node.Refuses = null;
        Assert.True((await service.HaltMeshAsync(request, Signed(note))).Halted);
        Assert.Equal([note], router.Node.Halts);
        Assert.Equal(StatusCode.FailedPrecondition, await FaultAsync(() => service.SubmitSelfTaskAsync(new() { TaskType = "gate" })));
        Assert.False((await service.RegisterExpertAsync(new() { ExpertId = "delta", ModelName = "x.gguf" })).Success);
    }

    [Fact]
    public async Task Where_callers_show_keys_these_do_too()
    {
        using var keys = new TemporaryKeys();
        await using var router = await RouterHost.StartAsync(new FakeExperts("alpha", "beta", "gamma"), null, Door, $"--{ApiKeys.FileSetting}={keys.File}");
        using var channel = Open(router);
        var service = new MeshLlmService.MeshLlmServiceClient(channel);
        Assert.Equal(StatusCode.Unauthenticated, await FaultAsync(() => service.GetRouterStatusAsync(new())));
        Assert.Equal(3u, (await service.GetRouterStatusAsync(new(), new Metadata { { "authorization", $"Bearer {keys.Key}" } })).OnlineExpertCount);
    }

    private static Metadata Signed(string note) => new() { { "mesh-halt-bin", System.Text.Encoding.UTF8.GetBytes(note) } };

    private static GrpcChannel Open(RouterHost router) => GrpcChannel.ForAddress(router.GrpcAddress);

    private static async Task<StatusCode> FaultAsync<T>(Func<AsyncUnaryCall<T>> call)
    {
        using var running = call();
        return (await Assert.ThrowsAsync<RpcException>(() => running.ResponseAsync)).StatusCode;
    }

    private static ExpertStatus Add(List<ExpertSpec> specs, ExpertSpec spec)
    {
        specs.Add(spec);
        return new() { Id = spec.Id, State = spec.Id.Value == "refused" ? ExpertState.Refused : ExpertState.Loading };
    }
}
