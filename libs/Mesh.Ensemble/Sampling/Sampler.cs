using System.Buffers.Binary;
using System.Security.Cryptography;
using Mesh.Contracts.Steps;
using Mesh.Ensemble.Mixing;

namespace Mesh.Ensemble.Sampling;

/// <summary>
/// Draws the tokens of one completion. Only tokens that at least one expert lists are drawn (renormalised): the evenly spread tail says how much mass the
/// others have together, not which of them makes sense, so drawing from it would be noise. Not safe for concurrent use.
/// </summary>
public sealed class Sampler
{
    private readonly CandidateHeap _heap = new();
    private readonly ulong _seed;
    private readonly SamplingOptions _options;
    private readonly ITokenConstraint? _constraint;
    private readonly Dictionary<int, int>? _seen;  // token -> times generated; 0 for a token of the prompt only
    private int[] _ids = new int[256];
    private float[] _logits = new float[256];
    private int _count, _kept, _greedy;
    private double _keptMass;

    /// <param name="seed">Used when the options have none.</param>
    public Sampler(SamplingOptions options, ReadOnlySpan<int> prompt, ulong seed, ITokenConstraint? constraint = null)
    {
        (_options, _constraint) = (options, constraint);
        _seed = options.Seed is { } chosen ? (ulong)chosen : seed;
        if (!options.Penalizes)
            return;
        _seen = [];
        foreach (var token in prompt)
            _seen.TryAdd(token, 0);
    }

    /// <summary>Makes <paramref name="mixture"/> the distribution that the next calls are about.</summary>
    /// <exception cref="ConstraintException">No token is allowed.</exception>
    public void Prepare(Mixture mixture)
    {
        Collect(mixture);
        Constrain(mixture);
        var best = 0;
        for (var i = 1; i < _count; i++)
            if (_logits[i] > _logits[best] || (_logits[i] == _logits[best] && _ids[i] < _ids[best]))
                best = i;
        _greedy = _options.Temperature > 0f ? -1 : _ids[best];
        if (_greedy < 0)
            Truncate(_logits[best]);
    }

    /// <summary>The probability of drawing <paramref name="token"/>, after all settings.</summary>
    public double Probability(int token) => _greedy >= 0
        ? token == _greedy ? 1 : 0
        : _heap.Ids(_kept).IndexOf(token) is >= 0 and var index ? Math.Min(1, _heap.Weights(_kept)[index] / _keptMass) : 0;

    /// <summary>The token that wins the <see cref="TokenRace"/> of this key and position: the same one however often it is asked.</summary>
    /// <param name="position">Of the token in the text, 0-based.</param>
    public int Draw(ulong key, int position)
    {
        if (_greedy >= 0)
            return _greedy;
        var race = new TokenRace(key, position);
        var ids = _heap.Ids(_kept);
        var weights = _heap.Weights(_kept);
        for (var i = 0; i < ids.Length; i++)
            race.Enter(ids[i], weights[i]);
        return race.Winner;
    }

    /// <summary>The key of the noise: not the seed itself, though who tries small seeds one by one finds a chosen one. A text whose window has slid needs another, since its positions come again.</summary>
    public ulong Key(int epoch)
    {
        Span<byte> source = stackalloc byte[sizeof(ulong) + sizeof(int)];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(source, _seed);
        BinaryPrimitives.WriteInt32LittleEndian(source[sizeof(ulong)..], epoch);
        SHA256.HashData(source, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    /// <summary><paramref name="token"/> is now part of the text.</summary>
    public void Accept(int token)
    {
        if (_seen is not null)
            _seen[token] = _seen.GetValueOrDefault(token) + 1;
        _constraint?.Accept(token);
    }

    private void Collect(Mixture mixture)
    {
        _count = 0;
        Reserve(mixture.Count);
        mixture.Ids.CopyTo(_ids);
        mixture.LogProbabilities.CopyTo(_logits);
        _count = mixture.Count;
        if (_options.LogitBias is { } biases)
            foreach (var (token, bias) in biases)
                if (bias > 0f && (uint)token < (uint)mixture.VocabularySize && !mixture.Lists(token))
                    Add(token, mixture.UnlistedLogProbability);
        if (_seen is null && _options.LogitBias is null)
            return;
        for (var i = 0; i < _count; i++)
            _logits[i] = Adjusted(_ids[i], _logits[i]);
    }

    private float Adjusted(int token, float logit)
    {
        if (_seen is not null && _seen.TryGetValue(token, out var times))
        {
            logit *= _options.RepetitionPenalty;
            if (times > 0)
                logit -= _options.PresencePenalty + times * _options.FrequencyPenalty;
        }
        return _options.LogitBias is { } biases && biases.TryGetValue(token, out var bias) ? logit + bias : logit;
    }

    private void Constrain(Mixture mixture)
    {
        if (_constraint is null)
            return;
        var kept = 0;
        for (var i = 0; i < _count; i++)
            if (_constraint.Allows(_ids[i]))
                (_ids[kept], _logits[kept++]) = (_ids[i], _logits[i]);
        _count = kept;
        if (kept > 0)
            return;
        foreach (var token in _constraint.Propose())
            if ((uint)token < (uint)mixture.VocabularySize)
                Add(token, Adjusted(token, mixture.LogProbability(token)));
        if (_count == 0)
            throw new ConstraintException();
    }

    private void Truncate(float best)
    {
        var scale = 1.0 / _options.Temperature;
        _heap.Clear();
        for (var i = 0; i < _count; i++)
        {
            var weight = Math.Exp((_logits[i] - best) * scale);
            if (weight >= _options.MinP)
                _heap.Add(_ids[i], weight);
        }
        _heap.Heapify();
        (_kept, _keptMass) = (_heap.Count, _heap.Mass);
        if (_options.TopK > 0 && _options.TopK < _kept)
        {
            (_kept, _keptMass) = (_options.TopK, 0);
            for (var rank = 0; rank < _kept; rank++)
                _keptMass += _heap.At(rank).Weight;
        }
        if (!(_options.TopP < 1f))
            return;
        var (wanted, mass) = (_options.TopP * _keptMass, 0.0);
        for (var rank = 0; rank < _kept; rank++)
        {
            mass += _heap.At(rank).Weight;
            if (mass >= wanted)
                _kept = rank + 1;
        }
        _keptMass = mass;
    }

    private void Add(int token, float logit)
    {
        Reserve(_count + 1);
        (_ids[_count], _logits[_count]) = (token, logit);
        _count++;
    }

    private void Reserve(int count)
    {
        if (count <= _ids.Length)
            return;
        var length = Math.Max(count, _ids.Length * 2);
        Array.Resize(ref _ids, length);
        Array.Resize(ref _logits, length);
    }
}
