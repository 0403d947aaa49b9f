using System.Runtime.InteropServices;

namespace Aspire.Hosting.Orchestration;

internal static partial class Signals
{
    private const int Terminate = 15;

    /// <summary>Asks a process to end; false when that cannot be said on this system.</summary>
    public static bool TrySendTerminate(int pid) => !OperatingSystem.IsWindows() && Kill(pid, Terminate) == 0;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
