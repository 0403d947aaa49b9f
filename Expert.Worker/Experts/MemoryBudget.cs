using Mesh.Contracts.Experts;

namespace Expert.Worker.Experts;

/// <summary>Who holds how many of the bytes that the experts of this process may take together.</summary>
internal sealed class MemoryBudget(long bytes)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ExpertId, long> _held = [];

    /// <summary>What a process may take when nothing is said: three quarters of what the machine or its container allows.</summary>
    public static long Default => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;

    /// <summary>Sets what <paramref name="expert"/> holds, before loading an estimate and then the real number.</summary>
    /// <exception cref="ExpertRefusedException">It does not fit beside the others; it then holds nothing.</exception>
    /// <returns>What it may take at most.</returns>
    public long Hold(ExpertId expert, long needed)
    {
        lock (_gate)
        {
            _held.Remove(expert);
            var free = bytes - _held.Values.Sum();
            if (needed > free)
                throw new ExpertRefusedException($"It needs {Mebibytes(needed)}; {Mebibytes(Math.Max(free, 0))} of the worker's memory budget of {Mebibytes(bytes)} are free.");
            _held[expert] = needed;
            return free;
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
