using System.Diagnostics;

namespace AppHost.Stopping;

/// <summary>
/// Leaves no orphan however AppHost ends, even killed together with its process group: a shell in a session of its own waits at a pipe whose other end dies with this
/// process, and then kills whatever carries the mark. Aspire's own monitors do that too where they live, within 15 s; elsewhere than on Linux they are alone.
/// </summary>
internal static class OrphanGuard
{
    // What is just being started when the pipe breaks shows its environment a moment later: looked for until none was found twice.
    private const string Script = """
        trap '' INT TERM HUP
        exec >/dev/null 2>&1
        while read -r _; do :; done
        none=0
        while [ $none -lt 2 ]; do
          found=$(grep -lsazxF -e "$1" /proc/[0-9]*/environ)
          [ -z "$found" ] && none=$((none + 1)) || none=0
          for file in $found; do
            pid=${file#/proc/}
            kill -s KILL "${pid%/environ}"
          done
          sleep 0.3
        done
        """;

    private const string InItsOwnSession = """command -v setsid >/dev/null && exec setsid /bin/sh -c "$1" mesh-guard "$2"; exec /bin/sh -c "$1" mesh-guard "$2" """;

    private static Process? _shell;

    public static void Start()
    {
        Marks.MarkChildren();
        if (_shell is not null || !OperatingSystem.IsLinux())
            return;
        var start = new ProcessStartInfo("/bin/sh", ["-c", InItsOwnSession, "mesh-guard", Script, Marks.Own]) { RedirectStandardInput = true };
        Marks.Unmark(start);
        _shell = Process.Start(start);
    }
}
