using System.Diagnostics;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// Starts a resource's process as the leader of a session of its own. A terminal's Ctrl-C then reaches the AppHost alone, which stops its resources in order,
/// and whatever a resource starts is in the group that ends with it. Where there is no <c>setsid</c> (macOS) the process ignores interrupts instead.
/// </summary>
internal static class OwnSession
{
    private const string IgnoreInterrupts = "trap '' INT; exec \"$0\" \"$@\"";
    private static readonly string? SetSid = OperatingSystem.IsWindows() ? null : Find("setsid");

    /// <exception cref="DistributedApplicationException">There is no such program.</exception>
    public static ProcessStartInfo Of(string command, IEnumerable<string> arguments)
    {
        if (OperatingSystem.IsWindows())
            return new(command, arguments);
        // Looked up here: what runs it could only say that by an exit code.
        var program = command.Contains('/') ? Path.GetFullPath(command) : Find(command);
        if (program is null || !File.Exists(program))
            throw new DistributedApplicationException($"There is no program '{command}'.");
        return SetSid is null ? new("/bin/sh", ["-c", IgnoreInterrupts, program, .. arguments]) : new(SetSid, [program, .. arguments]);
    }

    private static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
