using Mesh.Inference.Native;

namespace Mesh.Inference.Tests.Native;

public sealed class LlamaLogTests
{
    /// <summary>Lines of a real run, from a request that its client gave up.</summary>
    [Theory]
    [InlineData("graph_compute: ggml_backend_sched_graph_compute_async failed with error 1", true)]
    [InlineData("process_ubatch: failed to compute graph, compute status: 1", true)]
    [InlineData("llama_decode: failed to decode, ret = 2", true)]
    [InlineData("process_ubatch: failed to compute graph, compute status: -1", false)]
    [InlineData("llama_decode: failed to decode, ret = -3", false)]
    public void A_decode_that_was_given_up_is_no_warning(string line, bool isAbort) => Assert.Equal(isAbort, LlamaLog.IsAbort(line));
}
