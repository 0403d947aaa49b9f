using Mesh.Chorus.Positions;
using Mesh.Inference.Gguf;
using Mesh.Inference.Native;

namespace Mesh.Inference.Positions;

/// <summary>How a model rotates its keys, from its header.</summary>
internal static class ModelRope
{
    private const int Adjacent = 0, Halves = 2;   // llama_rope_type
    private const double DefaultBase = 10_000;

    /// <exception cref="NotSupportedException">It rotates them in another way than by one base over whole heads, or not at all.</exception>
    public static Rope Of(ModelHandle model, ModelFacts facts, GgufFile file)
    {
        var (length, name) = ((int)facts.HeadLength(file), facts.Architecture);
        var pairs = model.RopeType switch
        {
            Adjacent => RopePairs.Adjacent,
            Halves => RopePairs.Halves,
            _ => throw new NotSupportedException($"A model of architecture '{name}' does not rotate its keys by one position."),
        };
        if (file.Number($"{name}.rope.dimension_count") is { } rotated && rotated != length)
            throw new NotSupportedException($"The model rotates {rotated} of {length} numbers of a key.");
        // Its cache holds the layers of another kind first.
        if (file.Number($"{name}.attention.sliding_window") is > 0)
            throw new NotSupportedException("Some layers of the model see a sliding window only.");
        if (file.Text($"{name}.rope.scaling.type") is { } scaling and not "none" || Scales($"{name}.rope.scaling.factor") || Scales($"{name}.rope.scale_linear") || file.Tensors.Any(t => t.Name.StartsWith("rope_freqs", StringComparison.Ordinal)))
            throw new NotSupportedException("The model scales the frequencies of its rotation.");
        var start = file.Values.GetValueOrDefault($"{name}.rope.freq_base") switch { float f => f, double d => d, _ => DefaultBase };
        return double.IsFinite(start) && start > 1 ? new(length, start, pairs) : throw new NotSupportedException($"The base of the model's rotation is {start}.");

        bool Scales(string key) => file.Values.GetValueOrDefault(key) is float factor and not (0 or 1);
    }
}
