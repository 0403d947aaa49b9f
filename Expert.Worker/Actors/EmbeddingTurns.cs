using System.Security.Cryptography;
using Expert.Worker.Experts;
using Mesh.Contracts.Experts;

namespace Expert.Worker.Actors;

/// <summary>
/// Embeddings in turns that stay short: what a turn does not finish goes on without it, and the same texts asked again fetch it. Used by one turn at a time.
/// </summary>
internal sealed class EmbeddingTurns(TimeSpan turn, TimeProvider time)
{
    private const int MostPending = 16;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);
    private readonly Dictionary<string, (Task<byte[]> Vectors, long StartedAt)> _pending = [];

    /// <summary>The vectors; empty while they are not done.</summary>
    /// <exception cref="ArgumentException">The texts are malformed or beyond the bounds.</exception>
    /// <exception cref="InvalidOperationException">The expert is not loaded, or too much is pending.</exception>
    public async Task<byte[]> RunAsync(HostedExpert expert, byte[] texts)
    {
        foreach (var stale in _pending.Where(p => p.Value.Vectors.IsCompleted && time.GetElapsedTime(p.Value.StartedAt) > Kept).Select(p => p.Key).ToArray())
            _pending.Remove(stale);
        var key = Convert.ToHexString(SHA256.HashData(texts));
        if (!_pending.TryGetValue(key, out var work))
        {
            if (_pending.Count == MostPending)
                throw new InvalidOperationException("Too many texts wait to be embedded.");
            _pending[key] = work = (EmbedAsync(expert, EmbeddingCodec.ReadTexts(texts)), time.GetTimestamp());
        }
        try
        {
            var vectors = await work.Vectors.WaitAsync(turn, time);
            _pending.Remove(key);
            return vectors;
        }
        catch (TimeoutException)
        {
            return [];
        }
        catch
        {
            _pending.Remove(key);
            throw;
        }
    }

    private static async Task<byte[]> EmbedAsync(HostedExpert expert, IReadOnlyList<int[]> texts)
    {
        var vectors = new List<float[]>();
        foreach (var text in texts)
            vectors.Add(await expert.EmbedAsync(text));
        return EmbeddingCodec.Write(vectors);
    }
}
