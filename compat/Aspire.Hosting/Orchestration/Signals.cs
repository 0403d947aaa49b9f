using System.Runtime.InteropServices;

namespace Aspire.Hosting.Orchestration;

internal static partial class Signals
{
    private const int KillNow = 9;
    private const int Terminate = 15;

    /// <summary>Asks a process to end; false when that cannot be said on this system.</summary>
    public static bool TrySendTerminate(int pid) => !OperatingSystem.IsWindows() && Kill(pid, Terminate) == 0;

    /// <summary>Ends everything in the group that a process led, if anything is left of it.</summary>
    public static void KillGroup(int leader)
    {
        if (!OperatingSystem.IsWindows())
            _ = Kill(-leader, KillNow);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
