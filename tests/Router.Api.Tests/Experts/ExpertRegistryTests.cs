using Mesh.Testing;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Router.Api.Experts;

namespace Router.Api.Tests.Experts;

public sealed class ExpertRegistryTests
{
    private static string Models(params string[] names) => string.Join(';', names.Select(Checkout.Model));

    [Theory, InlineData(TransportKind.Direct), InlineData(TransportKind.Actor)]
    public async Task The_experts_of_the_catalogue_become_ready_in_its_order_and_answer(TransportKind transport)
    {
        await using var worker = await WorkerHost.StartAsync();
        await using var host = await RegistryHost.StartAsync(worker, Models("unix", "code"), transport: transport);
        await host.Registry.WaitUntilReadyAsync(default).WaitAsync(TimeSpan.FromSeconds(30));
        await host.HasPeersAsync("unix", "code");
        Assert.Equal(Checkout.Model("unix"), host.Registry.TokenizerModelPath);
        Assert.Equal(host.Registry.Peers[1].Card.TokenizerFingerprint, host.Registry.TokenizerFingerprint);
        var reply = await StepAsync(host, "code");
        Assert.Equal((StepStatus.Ok, 1), (reply.Status, reply.DistributionCount));
    }

    [Fact]
    public async Task An_expert_with_another_tokenizer_is_refused_with_the_reason_and_the_mesh_runs_on()
    {
        await using var worker = await WorkerHost.StartAsync(new InstantLoader { Tokenizer = id => id.Value == "code" ? "ffff" : "aaaa" });
        await using var host = await RegistryHost.StartAsync(worker, Models("unix", "code", "lexicon"));
        var refused = await host.ReachesAsync("code", ExpertState.Refused);
        Assert.Equal("Its tokenizer (ffff) is not the mesh's (aaaa, of expert 'unix').", refused.Reason);
        await host.HasPeersAsync("unix", "lexicon");
        // Nothing of it is kept.
        Assert.Null(worker.Experts.Find(refused.Id));
    }

    [Fact]
    public async Task The_first_of_the_catalogue_sets_the_tokenizer_even_when_it_is_ready_last()
    {
        var first = new TaskCompletionSource();
        var loader = new InstantLoader { Tokenizer = id => id.Value, LoadGate = id => id.Value == "unix" ? first.Task : Task.CompletedTask };
        await using var worker = await WorkerHost.StartAsync(loader);
        await using var host = await RegistryHost.StartAsync(worker, Models("unix", "code"));
        first.SetResult();
        await host.ReachesAsync("code", ExpertState.Refused);
        Assert.Equal("unix", host.Registry.TokenizerFingerprint);
    }

    [Fact]
    public async Task A_first_expert_that_never_comes_is_waited_for_no_longer_than_the_grace()
    {
        var never = new TaskCompletionSource();
        var loader = new InstantLoader { LoadGate = id => id.Value == "unix" ? never.Task : Task.CompletedTask };
        await using var worker = await WorkerHost.StartAsync(loader);
        // Loads are one after the other, so the one that hangs is registered first but loaded second.
        await worker.LoadAsync(new() { Id = ExpertId.Parse("code"), ModelPath = Checkout.Model("code") });
        await using var host = await RegistryHost.StartAsync(worker, Models("unix", "code"), grace: TimeSpan.FromMilliseconds(100));
        await host.HasPeersAsync("code");
    }

    [Fact]
    public async Task A_missing_file_is_refused_with_the_reason_and_the_others_are_ready()
    {
        await using var worker = await WorkerHost.StartAsync(new InstantLoader());
        await using var host = await RegistryHost.StartAsync(worker, Models("nobody", "code"));
        await host.HasPeersAsync("code");
        Assert.Contains("does not exist", (await host.ReachesAsync("nobody", ExpertState.Refused)).Reason);
    }

    [Theory, InlineData(TransportKind.Direct), InlineData(TransportKind.Actor)]
    public async Task When_its_worker_dies_a_running_step_fails_at_once_and_the_expert_comes_up_on_another(TransportKind transport)
    {
        var never = new TaskCompletionSource();
        var first = await WorkerHost.StartAsync(new InstantLoader { StepGate = never.Task });
        await using var second = await WorkerHost.StartAsync(new InstantLoader(), "--Mesh:Worker:Name=second");
        await using var host = await RegistryHost.StartAsync(first, Models("unix"), transport: transport);
        await host.HasPeersAsync("unix");
        var lost = host.Registry.Peers;
        var running = StepAsync(host, "unix");
        host.Actors.Worker = second;
        first.Lost = "its sidecar is gone";
        await first.Experts.RemoveAsync(ExpertId.Parse("unix"));
        // A turn that was under way may still say that its worker refuses it.
        var ended = await Record.ExceptionAsync(() => running);
        Assert.True(ended is ExpertUnreachableException || (await running).Status == StepStatus.Refused, $"{ended}");
        await host.Registry.WaitForChangeAsync(lost, default).WaitAsync(TimeSpan.FromSeconds(20));
        await host.HasPeersAsync("unix");
        await host.ReachesAsync("unix", ExpertState.Ready);
        Assert.Equal(StepStatus.Ok, (await StepAsync(host, "unix")).Status);
        Assert.Equal("second", host.Status("unix").Worker);
        await first.DisposeAsync();
    }

    [Fact]
    public async Task An_expert_that_moves_is_used_at_its_old_place_until_the_new_one_is_ready()
    {
        var loading = new TaskCompletionSource();
        var answering = new TaskCompletionSource();
        var loader = new InstantLoader { StepGate = answering.Task };
        await using var first = await WorkerHost.StartAsync(loader, "--Mesh:Worker:Name=first");
        await using var second = await WorkerHost.StartAsync(new InstantLoader { LoadGate = _ => loading.Task }, "--Mesh:Worker:Name=second");
        await using var host = await RegistryHost.StartAsync(first, Models("unix"));
        await host.HasPeersAsync("unix");
        var (unix, old) = (ExpertId.Parse("unix"), host.Registry.Peers);
        host.Actors.Worker = second;
        // Its actor leaves as placement has it: the stream stays.
        await first.Experts.LeaveAsync(unix);
        await EventuallyAsync(() => second.Experts.Find(unix) is { State: ExpertState.Loading });
        Assert.True(old == host.Registry.Peers);
        var running = StepAsync(host, "unix");
        loading.SetResult();
        await host.Registry.WaitForChangeAsync(old, default).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(["unix"], host.Registry.Peers.Select(p => p.Id.Value));
        Assert.Equal("second", host.Status("unix").Worker);
        // What was asked there is answered there, and then it is gone.
        Assert.NotNull(first.Experts.Find(unix));
        answering.SetResult();
        Assert.Equal(StepStatus.Ok, (await running).Status);
        await EventuallyAsync(() => first.Experts.Find(unix) is null);
        Assert.Equal(StepStatus.Ok, (await StepAsync(host, "unix")).Status);
    }

    [Fact]
    public async Task A_stream_that_works_outlives_the_sidecar()
    {
        await using var worker = await WorkerHost.StartAsync(new InstantLoader());
        await using var host = await RegistryHost.StartAsync(worker, Models("unix"));
        await host.HasPeersAsync("unix");
        var peers = host.Registry.Peers;
        worker.Lost = "the sidecar is gone";
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(StepStatus.Ok, (await StepAsync(host, "unix")).Status);
            await Task.Delay(10);
        }
        Assert.True(peers == host.Registry.Peers);
    }

    [Fact]
    public async Task Behind_the_actor_a_lost_sidecar_is_a_lost_expert_until_it_is_back()
    {
        await using var worker = await WorkerHost.StartAsync(new InstantLoader());
        await using var host = await RegistryHost.StartAsync(worker, Models("unix"), transport: TransportKind.Actor);
        await host.HasPeersAsync("unix");
        worker.Lost = "the sidecar is gone";
        Assert.Contains("the sidecar is gone", (await host.ReachesAsync("unix", ExpertState.Unreachable)).Reason);
        await host.HasPeersAsync();
        worker.Lost = null;
        await host.HasPeersAsync("unix");
    }

    [Fact]
    public async Task A_registered_expert_is_there_after_a_restart_and_a_removed_one_is_not()
    {
        var store = new MemoryStore();
        await using var worker = await WorkerHost.StartAsync(new InstantLoader());
        await using (var host = await RegistryHost.StartAsync(worker, Models("unix"), store))
        {
            Assert.Equal(ExpertState.Loading, (await host.Registry.RegisterAsync(WorkerHost.Spec("code"), default)).State);
            await host.Registry.RegisterAsync(WorkerHost.Spec("lexicon"), default);
            await host.HasPeersAsync("unix", "code", "lexicon");
            Assert.True(await host.Registry.RemoveAsync(ExpertId.Parse("code"), default));
            Assert.False(await host.Registry.RemoveAsync(ExpertId.Parse("code"), default));
            await host.HasPeersAsync("unix", "lexicon");
            Assert.Null(worker.Experts.Find(ExpertId.Parse("code")));
        }
        await using var restarted = await RegistryHost.StartAsync(worker, Models("unix"), store);
        await restarted.HasPeersAsync("unix", "lexicon");
    }

    [Fact]
    public async Task An_expert_of_the_catalogue_that_was_removed_stays_so_until_it_is_registered_again()
    {
        var store = new MemoryStore();
        var loader = new InstantLoader();
        await using var worker = await WorkerHost.StartAsync(loader);
        await using (var host = await RegistryHost.StartAsync(worker, Models("unix", "code"), store))
        {
            await host.HasPeersAsync("unix", "code");
            Assert.True(await host.Registry.RemoveAsync(ExpertId.Parse("code"), default));
        }
        // It is not even loaded by the router that starts next.
        loader.LoadGate = id => id.Value == "code" ? throw new InvalidOperationException("loaded") : Task.CompletedTask;
        await using (var restarted = await RegistryHost.StartAsync(worker, Models("unix", "code"), store))
        {
            await restarted.HasPeersAsync("unix");
            Assert.Equal("unix", Assert.Single(restarted.Registry.List()).Id.Value);
            Assert.Null(worker.Experts.Find(ExpertId.Parse("code")));
            loader.LoadGate = _ => Task.CompletedTask;
            await restarted.Registry.RegisterAsync(WorkerHost.Spec("code"), default);
            await restarted.HasPeersAsync("unix", "code");
        }
        await using var again = await RegistryHost.StartAsync(worker, Models("unix", "code"), store);
        await again.HasPeersAsync("unix", "code");
    }

    [Fact]
    public async Task A_removal_is_recalled_as_soon_as_the_store_is_back()
    {
        var store = new MemoryStore();
        await store.ChangeAsync(stored => stored.Without(ExpertId.Parse("code")), default);
        store.Away = true;
        await using var worker = await WorkerHost.StartAsync(new InstantLoader());
        await using var host = await RegistryHost.StartAsync(worker, Models("unix", "code"), store);
        await host.HasPeersAsync("unix", "code");
        store.Away = false;
        await host.HasPeersAsync("unix");
    }

    [Fact]
    public async Task The_same_registration_again_changes_nothing()
    {
        await using var worker = await WorkerHost.StartAsync(new InstantLoader());
        await using var host = await RegistryHost.StartAsync(worker, Models("unix"));
        await host.HasPeersAsync("unix");
        var peers = host.Registry.Peers;
        var spec = new ExpertSpec { Id = ExpertId.Parse("unix"), ModelPath = Checkout.Model("unix") };
        Assert.Equal(ExpertState.Ready, (await host.Registry.RegisterAsync(spec, default)).State);
        Assert.True(peers == host.Registry.Peers);
        await host.Registry.RegisterAsync(spec with { Description = "another" }, default);
        await host.Registry.WaitForChangeAsync(peers, default).WaitAsync(TimeSpan.FromSeconds(20));
        await host.HasPeersAsync("unix");
    }

    [Fact]
    public async Task A_refused_expert_is_tried_again_when_it_is_registered_again()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("mesh-registry-").FullName, "late.gguf");
        await using var worker = await WorkerHost.StartAsync(new InstantLoader(), $"--Mesh:ModelRoots={Path.GetDirectoryName(path)}");
        await using var host = await RegistryHost.StartAsync(worker, "");
        var spec = new ExpertSpec { Id = ExpertId.Parse("late"), ModelPath = path };
        await host.Registry.RegisterAsync(spec, default);
        await host.ReachesAsync("late", ExpertState.Refused);
        await File.WriteAllTextAsync(path, "here now");
        await host.Registry.RegisterAsync(spec, default);
        await host.HasPeersAsync("late");
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public async Task An_expert_that_is_offline_stays_loaded_is_no_peer_and_stays_so_over_a_restart()
    {
        var store = new MemoryStore();
        await using var worker = await WorkerHost.StartAsync(new InstantLoader());
        var unix = ExpertId.Parse("unix");
        await using (var host = await RegistryHost.StartAsync(worker, Models("unix", "code"), store))
        {
            await host.HasPeersAsync("unix", "code");
            Assert.True(await host.Registry.SetOfflineAsync(unix, true, default));
            await host.HasPeersAsync("code");
            Assert.True(host.Registry.IsOffline(unix));
            Assert.Equal(ExpertState.Ready, host.Status("unix").State);
        }
        await using var restarted = await RegistryHost.StartAsync(worker, Models("unix", "code"), store);
        await restarted.ReachesAsync("unix", ExpertState.Ready);
        await restarted.HasPeersAsync("code");
        Assert.True(await restarted.Registry.SetOfflineAsync(unix, false, default));
        await restarted.HasPeersAsync("unix", "code");
        Assert.False(await restarted.Registry.SetOfflineAsync(ExpertId.Parse("nobody"), true, default));
    }

    [Fact]
    public async Task Without_its_store_the_catalogue_runs_and_nothing_is_registered_that_would_be_forgotten()
    {
        var store = new MemoryStore { Away = true };
        await using var worker = await WorkerHost.StartAsync(new InstantLoader());
        await using var host = await RegistryHost.StartAsync(worker, Models("unix"), store);
        await host.HasPeersAsync("unix");
        await Assert.ThrowsAsync<SpecStoreException>(() => host.Registry.RegisterAsync(WorkerHost.Spec("code"), default));
        Assert.Single(host.Registry.List());
    }

    private static async Task EventuallyAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!holds())
            await Task.Delay(5, limit.Token);
    }

    private static async Task<StepReply> StepAsync(RegistryHost host, string expert)
    {
        var request = new StepRequest();
        request.Reset(SessionId.New(), 1, 0);
        request.Append([40, 41]);
        var reply = new StepReply();
        await host.Registry.Peers.Single(p => p.Id.Value == expert).Channel.StepAsync(request, reply, default).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        return reply;
    }
}
