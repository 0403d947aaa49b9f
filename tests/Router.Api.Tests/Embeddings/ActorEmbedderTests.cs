using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Inference;
using Microsoft.Extensions.Logging.Abstractions;
using Router.Api.Embeddings;
using Router.Api.Errors;
using Router.Api.Tests.Experts;

namespace Router.Api.Tests.Embeddings;

public sealed class ActorEmbedderTests
{
    [Fact]
    public async Task The_expert_embeds_as_its_model_does_in_turns_and_batches_that_stay_short()
    {
        await using var worker = await WorkerHost.StartAsync();
        var spec = WorkerHost.Spec("lexicon");
        var status = await worker.LoadAsync(spec);
        await using var reference = await LlamaExpert.LoadAsync(spec, new(), NullLogger.Instance);
        int[][] texts = [.. Enumerable.Range(1, 40).Select(n => Enumerable.Range(300, 10 * n % 400 + 1).ToArray())];
        var vectors = await new ActorEmbedder(worker, TimeProvider.System).EmbedAsync(new ExpertPeer(status.Model!, new Nobody(spec.Id)), texts, default);
        Assert.Equal(40, vectors.Count);
        foreach (var n in (int[])[0, 31, 39])
        {
            var expected = await reference.EmbedAsync(texts[n]);
            for (var i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], vectors[n][i], 1e-3f);
        }
    }

    [Fact]
    public async Task An_expert_that_is_lost_is_a_503()
    {
        await using var worker = await WorkerHost.StartAsync(new InstantLoader());
        var status = await worker.LoadAsync(WorkerHost.Spec("lexicon"));
        worker.Lost = "Its worker is gone.";
        var fault = await Assert.ThrowsAsync<ApiException>(() =>
            new ActorEmbedder(worker, TimeProvider.System).EmbedAsync(new ExpertPeer(status.Model!, new Nobody(status.Id)), [[1, 2]], default));
        Assert.Equal(503, fault.Status);
    }

    private sealed class Nobody(ExpertId id) : IExpertChannel
    {
        public ExpertId Expert => id;

        public ValueTask StepAsync(Mesh.Contracts.Steps.StepRequest request, Mesh.Contracts.Steps.StepReply reply, CancellationToken cancellationToken) => default;

        public void Release(Mesh.Contracts.Steps.SessionId session)
        {
        }
    }
}
