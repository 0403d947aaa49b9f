using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Ensemble.Gating;

/// <summary>
/// A trained gate, as <c>mesh train gate</c> writes it: for every token of the vocabulary and every expert, how much that token in the text speaks for that
/// expert, in nats, and how the evidence is weighed beside it. One JSON file; the weights are base64 of little-endian half-precision numbers, token by token.
/// </summary>
public sealed class GateModel
{
    /// <summary>The file format this build reads and writes.</summary>
    public const int Version = 1;

    /// <summary>Bound of one weight, in nats: a file cannot make one token decide a whole text.</summary>
    public const float MostWeight = 16;

    private const int MostExperts = 4096;
    private const long MostBytes = 256L << 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    private readonly float[] _weights;

    /// <param name="experts">Names, each once; the columns of <paramref name="weights"/>.</param>
    /// <param name="weights">Token by token, <paramref name="experts"/> of them each, in nats.</param>
    /// <param name="biases">One an expert, in nats.</param>
    /// <exception cref="InvalidDataException">Something is out of range; the message says what.</exception>
    public GateModel(
        string tokenizer, IReadOnlyList<string> experts, float[] weights, IReadOnlyList<float> biases, double tokenDecay, double evidenceDecay, double evidenceWeight)
    {
        (Tokenizer, Experts, _weights, Biases) = (tokenizer, experts, weights, biases);
        (TokenDecay, EvidenceDecay, EvidenceWeight) = (tokenDecay, evidenceDecay, evidenceWeight);
        Hash = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(weights.AsSpan())))[..16];
        Check(experts.Count is > 0 and <= MostExperts && experts.Distinct().Count() == experts.Count, $"it names {experts.Count} experts; 1 to {MostExperts} different ones are needed");
        Check(weights.Length > 0 && weights.Length % Math.Max(1, experts.Count) == 0, $"{weights.Length} weights do not fit {experts.Count} experts");
        Check(biases.Count == experts.Count && biases.All(b => Math.Abs(b) <= MostWeight), $"each expert needs one bias of at most {MostWeight} nats");
        Check(weights.All(w => Math.Abs(w) <= MostWeight), $"a weight is not a number of at most {MostWeight} nats");
        Check(tokenDecay is >= 0 and < 1 && evidenceDecay is >= 0 and < 1, "a decay is not 0 to below 1");
        Check(evidenceWeight is >= 0 and <= 100, $"the weight of the evidence is {evidenceWeight}, not 0 to 100");
    }

    /// <summary>Fingerprint of the tokenizer whose ids the weights are for.</summary>
    public string Tokenizer { get; }

    public IReadOnlyList<string> Experts { get; }

    /// <summary>What speaks for each expert before anything was read, in nats.</summary>
    public IReadOnlyList<float> Biases { get; }

    public int VocabularySize => _weights.Length / Experts.Count;

    /// <summary>Share of what the tokens said that is left after one more token.</summary>
    public double TokenDecay { get; }

    /// <summary>As <see cref="EnsembleOptions.EvidenceDecay"/>, fitted together with the weights.</summary>
    public double EvidenceDecay { get; }

    /// <summary>As <see cref="EnsembleOptions.EvidenceWeight"/>, fitted together with the weights.</summary>
    public double EvidenceWeight { get; }

    /// <summary>For people: what it was trained on and how good it was on what it was not trained on.</summary>
    public string? TrainedOn { get; private init; }

    /// <summary>Names the weights: another gate, another value.</summary>
    public string Hash { get; }

    /// <summary>One weight an expert, in nats.</summary>
    public ReadOnlySpan<float> Of(int token) => _weights.AsSpan(token * Experts.Count, Experts.Count);

    /// <exception cref="InvalidDataException">It is no gate file, of another version, or holds values out of range; the message names the file.</exception>
    public static GateModel Load(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MostBytes)
                throw new InvalidDataException($"it is larger than {MostBytes >> 20} MiB");
            using var stream = File.OpenRead(path);
            var file = JsonSerializer.Deserialize<GateFile>(stream, Json) ?? throw new InvalidDataException("it is empty");
            Check(file.Version == Version, $"it is of version {file.Version}; this build reads version {Version}");
            Check(file.Weights.Length % 2 == 0, "its weights are cut off");
            var halves = MemoryMarshal.Cast<byte, Half>(file.Weights);
            var weights = new float[halves.Length];
            for (var i = 0; i < weights.Length; i++)
                weights[i] = (float)halves[i];
            return new(file.Tokenizer, file.Experts, weights, file.Biases, file.TokenDecay, file.EvidenceDecay, file.EvidenceWeight) { TrainedOn = file.TrainedOn };
        }
        catch (Exception fault) when (fault is InvalidDataException or JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"'{path}' is no usable gate file: {fault.Message}", fault);
        }
    }

    /// <summary>Replaces the file as a whole, so that a reader sees the old or the new one.</summary>
    /// <param name="trainedOn">See <see cref="TrainedOn"/>.</param>
    public void Save(string path, string? trainedOn)
    {
        var temporary = path + ".new";
        using (var stream = File.Create(temporary))
        {
            Write(stream, trainedOn);
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>The gate file itself.</summary>
    /// <param name="trainedOn">See <see cref="TrainedOn"/>.</param>
    public void Write(Stream stream, string? trainedOn)
    {
        var bytes = new byte[_weights.Length * 2];
        var halves = MemoryMarshal.Cast<byte, Half>(bytes.AsSpan());
        for (var i = 0; i < _weights.Length; i++)
            halves[i] = (Half)_weights[i];
        JsonSerializer.Serialize(stream, new GateFile(Version, Tokenizer, Experts, Biases, TokenDecay, EvidenceDecay, EvidenceWeight, trainedOn, bytes), Json);
    }

    private static void Check(bool holds, string fault)
    {
        if (!holds)
            throw new InvalidDataException(fault);
    }

    private sealed record GateFile(
        [property: JsonRequired] int Version, [property: JsonRequired] string Tokenizer, [property: JsonRequired] IReadOnlyList<string> Experts,
        [property: JsonRequired] IReadOnlyList<float> Biases, [property: JsonRequired] double TokenDecay, [property: JsonRequired] double EvidenceDecay,
        [property: JsonRequired] double EvidenceWeight, string? TrainedOn, [property: JsonRequired] byte[] Weights);
}
