using System.Text;
using Mesh.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Router.Api.Governance.Routing;

namespace Router.Api.Tests.Governance;

public sealed class GateArtifactsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly GateStore _store = new();

    [Fact]
    public async Task A_gate_is_fetched_once_verified_and_kept()
    {
        var hash = _store.Put(GateStore.GateFile());
        var artifacts = Artifacts();
        Assert.Null(artifacts.Find(hash));
        await artifacts.EnsureAsync(hash, default);
        await artifacts.EnsureAsync(hash, default);
        Assert.Equal(1, _store.Asked);
        Assert.Equal(FakeExperts.Tokenizer.Fingerprint, artifacts.Find(hash)!.Tokenizer);
        // The next start does without governance.
        var next = Artifacts();
        _store.Away = true;
        await next.EnsureAsync(hash, default);
        Assert.NotNull(next.Find(hash));
    }

    [Fact]
    public async Task What_is_not_what_its_name_says_is_not_used()
    {
        var hash = _store.Put(GateStore.GateFile());
        _store.Bytes[hash] = Encoding.UTF8.GetBytes("something else");
        await Assert.ThrowsAsync<InvalidDataException>(() => Artifacts().EnsureAsync(hash, default));
        var text = _store.Put(Encoding.UTF8.GetBytes("no gate"));
        await Assert.ThrowsAsync<InvalidDataException>(() => Artifacts().EnsureAsync(text, default));
        foreach (var name in new[] { "../../etc/passwd", hash.ToUpperInvariant(), hash[1..], "" })
            await Assert.ThrowsAsync<InvalidDataException>(() => Artifacts().EnsureAsync(name, default));
        // A file that was spoiled on disk is fetched again.
        _store.Bytes[hash] = GateStore.GateFile();
        await Artifacts().EnsureAsync(hash, default);
        var file = Directory.GetFiles(_folder.Path, hash + "*", SearchOption.AllDirectories).Single();
        await File.WriteAllTextAsync(file, "{}");
        var asked = _store.Asked;
        await Artifacts().EnsureAsync(hash, default);
        Assert.Equal(asked + 1, _store.Asked);
    }

    [Fact]
    public async Task The_old_gate_holds_until_the_new_one_is_there_and_settings_and_quarantine_do_not_wait()
    {
        _store.Away = true;
        var hash = _store.Put(GateStore.GateFile());
        await using var router = await RouterHost.StartToysAsync(builder => builder.Services.AddSingleton<IArtifactSource>(_store), $"--Mesh:Data={_folder.Path}");
        await router.GovernAsync(Configurations.Of(1, Configurations.Quarantine("alpha") with { Gate = hash, Ensemble = new() { K = 2, Gate = "learned" } }, new(1, Configurations.Proposal, new() { Gate = hash })));
        var routing = router.Services.GetRequiredService<RoutingSource>();
        Assert.Equal((2, false, null, null), (routing.Current.Control.Options.K, routing.Current.Control.Experts.Admits(Mesh.Contracts.Experts.ExpertId.Parse("alpha")), routing.Current.Control.Gate, routing.Current.Candidate));
        _store.Away = false;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (routing.Current is not { Control.Gate: not null, Candidate.Gate: not null })
            await Task.Delay(5, limit.Token);
        Assert.Equal("learned", (await router.StatusAsync()).GetProperty("ensemble").GetProperty("gate").GetString());
        await router.GovernAsync(Configurations.Of(2));
        Assert.Null(routing.Current.Control.Gate);
    }

    public void Dispose() => _folder.Dispose();

    private GateArtifacts Artifacts() => new(new ConfigurationBuilder().AddInMemoryCollection([new("Mesh:Data", _folder.Path)]).Build(), _store);
}
