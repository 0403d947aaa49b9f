using System.Diagnostics;

namespace Mesh.Bench.Governance.Approvals;

/// <summary>Memory of a process, and the part of one core that it takes over some time.</summary>
internal readonly record struct ProcessUse(double Megabytes, double Cores)
{
    public static async Task<ProcessUse[]> OverAsync(TimeSpan time, params Func<Process>[] processes)
    {
        var before = processes.Select(Read).ToArray();
        var start = Stopwatch.GetTimestamp();
        await Task.Delay(time);
        var took = Stopwatch.GetElapsedTime(start);
        return [.. processes.Select(Read).Zip(before, (now, then) => new ProcessUse(now.Bytes / 1e6, (now.Time - then.Time) / took))];
    }

    private static (long Bytes, TimeSpan Time) Read(Func<Process> find)
    {
        using var process = find();
        return (process.WorkingSet64, process.TotalProcessorTime);
    }
}
