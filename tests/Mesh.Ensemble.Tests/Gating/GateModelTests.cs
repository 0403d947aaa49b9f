using Mesh.Ensemble.Gating;

namespace Mesh.Ensemble.Tests.Gating;

public sealed class GateModelTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"gate-{Guid.NewGuid():N}.json");

    /// <summary>Two experts, three tokens.</summary>
    internal static GateModel Small(float[]? weights = null, float[]? biases = null, double tokenDecay = 0.5, double evidenceWeight = 0.7) =>
        new("toy", ["left", "right"], weights ?? [1, -1, 0, 0, -2, 2], biases ?? [0.25f, -0.25f], tokenDecay, evidenceDecay: 0.9, evidenceWeight);

    [Fact]
    public void What_is_saved_is_what_is_loaded()
    {
        Small().Save(_path, "three texts");
        var loaded = GateModel.Load(_path);
        Assert.Equal(("toy", 3, 0.5, 0.9, 0.7, "three texts"), (loaded.Tokenizer, loaded.VocabularySize, loaded.TokenDecay, loaded.EvidenceDecay, loaded.EvidenceWeight, loaded.TrainedOn));
        Assert.Equal(["left", "right"], loaded.Experts);
        Assert.Equal([0.25f, -0.25f], loaded.Biases);
        Assert.Equal([-2f, 2f], loaded.Of(2).ToArray());
        Assert.Equal(Small().Hash, loaded.Hash);
        Assert.NotEqual(Small(weights: [1, -1, 0, 0, -2, 3]).Hash, loaded.Hash);
        Assert.False(File.Exists(_path + ".new"));
    }

    [Theory, InlineData("{}"), InlineData("[1]"), InlineData("null"), InlineData(""), InlineData("\0\0\0")]
    public void What_is_no_gate_file_is_refused_by_name(string text)
    {
        File.WriteAllText(_path, text);
        Assert.Contains(_path, Assert.Throws<InvalidDataException>(() => GateModel.Load(_path)).Message);
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", "version 2")]
    [InlineData("\"tokenDecay\": 0.5", "\"tokenDecay\": 1", "decay")]
    [InlineData("\"evidenceWeight\": 0.7", "\"evidenceWeight\": -1", "evidence")]
    [InlineData("\"right\"", "\"left\"", "experts")]
    [InlineData("\"weights\": \"", "\"weights\": \"AAAA", "weights")]
    [InlineData("\"weights\": \"", "\"weights\": \"!", "gate file")]
    [InlineData("0.25,", "1e9,", "bias")]
    [InlineData("\"version\"", "\"surprise\": 1, \"version\"", "surprise")]
    public void A_file_with_one_value_out_of_range_is_refused_with_the_reason(string old, string replacement, string reason)
    {
        Small().Save(_path, null);
        var text = File.ReadAllText(_path);
        Assert.Contains(old, text);
        File.WriteAllText(_path, text.Replace(old, replacement));
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => GateModel.Load(_path)).Message);
    }

    [Theory, InlineData(float.NaN), InlineData(float.PositiveInfinity), InlineData(17f)]
    public void A_weight_that_would_decide_a_whole_text_is_refused(float weight) =>
        Assert.Throws<InvalidDataException>(() => Small(weights: [1, weight, 0, 0, 0, 0]));

    [Fact]
    public void A_missing_file_is_named() => Assert.Contains(_path, Assert.Throws<InvalidDataException>(() => GateModel.Load(_path)).Message);

    public void Dispose() => File.Delete(_path);
}
