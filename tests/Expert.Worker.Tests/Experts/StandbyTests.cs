using Mesh.Testing;
using Expert.Worker.Experts;
using Mesh.Contracts.Experts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Expert.Worker.Tests.Experts;

public sealed class StandbyTests
{
    private static readonly ExpertSpec Unix = Checkout.Spec("unix"), Code = Checkout.Spec("code");

    private static LlamaExpertLoader Loader() => new(new ConfigurationBuilder().Build(), new Here(), NullLoggerFactory.Instance);

    [Fact]
    public async Task A_prepared_expert_has_the_speed_that_was_measured_then_and_others_have_their_own()
    {
        var loader = Loader();
        var kept = await loader.PrepareAsync(Unix, 1 << 30, default);
        Assert.Equal(new FileInfo(Unix.ModelPath).Length, kept);
        Assert.True(loader.IsPrepared(Unix));
        Assert.False(loader.IsPrepared(Unix with { ContextLength = 64 }));
        var cards = new List<ModelCard>();
        for (var i = 0; i < 2; i++)
        {
            await using var expert = await loader.LoadAsync(Unix, 1 << 30, new Progress<float>(), default);
            cards.Add(expert.Card);
        }
        // Two measurements are never the same to the last bit.
        Assert.Equal(cards[0], cards[1]);
        loader.Forget(Unix);
        Assert.False(loader.IsPrepared(Unix));
    }

    [Fact]
    public async Task An_expert_runs_on_when_what_it_was_made_of_is_forgotten()
    {
        var loader = Loader();
        await loader.PrepareAsync(Unix, 1 << 30, default);
        await using var expert = await loader.LoadAsync(Unix, 1 << 30, new Progress<float>(), default);
        loader.Forget(Unix);
        var reply = new Mesh.Contracts.Steps.StepReply();
        await expert.StepAsync(Steps.Request(1, 7), reply, default);
        Assert.Equal(Mesh.Contracts.Steps.StepStatus.Ok, reply.Status);
    }

    [Fact]
    public async Task A_file_that_has_changed_is_loaded_anew()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "unix.gguf");
        File.Copy(Unix.ModelPath, path);
        var (loader, spec) = (Loader(), Unix with { ModelPath = path });
        await loader.PrepareAsync(spec, 1 << 30, default);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(1));
        Assert.False(loader.IsPrepared(spec));
    }

    [Fact]
    public void What_is_kept_gives_way_to_what_is_needed()
    {
        var budget = new MemoryBudget(100);
        var dropped = new List<ExpertId>();
        Assert.True(budget.TryKeep(Unix.Id, 30, () => dropped.Add(Unix.Id)));
        Assert.True(budget.TryKeep(Code.Id, 30, () => dropped.Add(Code.Id)));
        Assert.False(budget.TryKeep(ExpertId.Parse("scripture"), 50, () => { }));
        Assert.Equal(40, budget.Unused);
        // Its own weights are part of what it takes.
        Assert.Equal(100, budget.Hold(Unix.Id, 65));
        Assert.Equal((0, 5L), (dropped.Count, budget.Unused));
        budget.Hold(ExpertId.Parse("arithmetic"), 20);
        Assert.Equal([Code.Id], dropped);
        Assert.Equal(15, budget.Unused);
        Assert.Throws<ExpertRefusedException>(() => budget.Hold(ExpertId.Parse("lexicon"), 16));
    }
}
