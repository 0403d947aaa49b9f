using Mesh.Testing;
using Mesh.Contracts.Experts;

namespace Router.Api.Tests.Experts;

/// <summary>What people govern lies over catalogue and registrations, and leaves nothing behind.</summary>
public sealed class GovernedRegistryTests
{
    private static readonly ExpertSpec Extra = Spec("scripture");

    [Fact]
    public async Task Admitted_experts_come_and_removed_ones_go_and_undoing_brings_back_the_very_order()
    {
        await using var worker = await WorkerHost.StartAsync(new InstantLoader());
        await using var host = await RegistryHost.StartAsync(worker, Models("unix", "code", "lexicon"));
        await host.HasPeersAsync("unix", "code", "lexicon");
        var kept = host.Registry.Peers[2];
        await host.Registry.GovernAsync([Extra], [ExpertId.Parse("code")], default);
        await host.HasPeersAsync("unix", "lexicon", "scripture");
        Assert.Null(worker.Experts.Find(ExpertId.Parse("code")));
        await host.Registry.GovernAsync([], [], default);
        await host.HasPeersAsync("unix", "code", "lexicon");
        Assert.Same(kept, host.Registry.Peers[2]);   // nobody noticed
        Assert.Null(worker.Experts.Find(Extra.Id));
    }

    [Fact]
    public async Task An_admitted_specification_takes_the_place_of_the_catalogue_s_until_it_is_undone()
    {
        await using var worker = await WorkerHost.StartAsync(new InstantLoader());
        await using var host = await RegistryHost.StartAsync(worker, Models("unix", "code"));
        var other = Spec("unix") with { ContextLength = 128 };
        await host.Registry.GovernAsync([other], [], default);
        await host.HasPeersAsync("unix", "code");
        Assert.Equal(other, worker.Experts.Find(other.Id)!.Spec);
        await host.Registry.GovernAsync([], [], default);
        await host.HasPeersAsync("unix", "code");
        Assert.NotEqual(other, worker.Experts.Find(other.Id)!.Spec);
    }

    [Fact]
    public async Task What_was_registered_by_hand_is_kept_beneath_and_nothing_governed_is_stored()
    {
        var store = new MemoryStore();
        await using var worker = await WorkerHost.StartAsync(new InstantLoader());
        await using var host = await RegistryHost.StartAsync(worker, Models("unix"), store);
        await host.Registry.RegisterAsync(Spec("code"), default);
        await host.Registry.GovernAsync([Extra], [ExpertId.Parse("code")], default);
        await host.HasPeersAsync("unix", "scripture");
        Assert.Equal([Spec("code")], store.Stored.Specs);
        Assert.Empty(store.Stored.Removed);
        await host.Registry.GovernAsync([], [], default);
        await host.HasPeersAsync("unix", "code");
    }

    private static ExpertSpec Spec(string name) => new() { Id = ExpertId.Parse(name), ModelPath = Checkout.Model(name) };

    private static string Models(params string[] names) => string.Join(';', names.Select(Checkout.Model));
}
