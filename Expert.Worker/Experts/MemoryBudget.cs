using Mesh.Contracts.Experts;

namespace Expert.Worker.Experts;

/// <summary>
/// Who holds how many of the bytes that the experts of this process may take together. What is only kept for experts that may come gives way to those that do.
/// </summary>
/// <param name="limit">Bytes; 0 takes <see cref="Default"/>.</param>
internal sealed class MemoryBudget(long limit)
{
    private readonly long _bytes = limit > 0 ? limit : Default;
    private readonly Lock _gate = new();
    private readonly Dictionary<ExpertId, long> _held = [];
    private readonly Dictionary<ExpertId, (long Bytes, Action Drop)> _kept = [];

    /// <summary>What a process may take when nothing is said: three quarters of what the machine or its container allows.</summary>
    public static long Default => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;

    /// <summary>Bytes that nobody has.</summary>
    public long Unused
    {
        get
        {
            lock (_gate)
                return Math.Max(0, _bytes - _held.Values.Sum() - KeptBytes);
        }
    }

    /// <summary>What is kept for an expert that is here is part of what it holds.</summary>
    private long KeptBytes => _kept.Where(k => !_held.ContainsKey(k.Key)).Sum(k => k.Value.Bytes);

    /// <summary>Sets what <paramref name="expert"/> holds, before loading an estimate and then the real number.</summary>
    /// <exception cref="ExpertRefusedException">It does not fit beside the others; it then holds nothing.</exception>
    /// <returns>What it may take at most.</returns>
    public long Hold(ExpertId expert, long needed)
    {
        lock (_gate)
        {
            _held.Remove(expert);
            var free = _bytes - _held.Values.Sum();
            if (needed > free)
                throw new ExpertRefusedException($"It needs {Mebibytes(needed)}; {Mebibytes(Math.Max(free, 0))} of the worker's memory budget of {Mebibytes(_bytes)} are free.");
            _held[expert] = needed;
            foreach (var other in _kept.Keys.Where(k => !_held.ContainsKey(k)).ToArray())
                if (_held.Values.Sum() + KeptBytes > _bytes && _kept.Remove(other, out var kept))
                    kept.Drop();
            return free;
        }
    }

    /// <summary>Counts what is kept for an expert that may come; <paramref name="drop"/> frees it when the memory is needed. False: there is no room.</summary>
    public bool TryKeep(ExpertId expert, long needed, Action drop)
    {
        lock (_gate)
        {
            _kept.Remove(expert);
            if (!_held.ContainsKey(expert) && needed > _bytes - _held.Values.Sum() - KeptBytes)
                return false;
            _kept[expert] = (needed, drop);
            return true;
        }
    }

    public void Free(ExpertId expert)
    {
        lock (_gate)
            _held.Remove(expert);
    }

    private static string Mebibytes(long value) => $"{value / 1048576.0:0.0} MiB";
}

/// <summary>The expert cannot run here; the message says why, to people.</summary>
public sealed class ExpertRefusedException(string message) : Exception(message);
