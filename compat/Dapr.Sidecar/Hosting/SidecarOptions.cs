using System.Net;

namespace Dapr.Sidecar.Hosting;

/// <summary>One app's part of the command line, with daprd's flag names.</summary>
internal sealed record AppOptions
{
    public required string AppId { get; init; }
    public int? AppPort { get; init; }
    public int HttpPort { get; init; } = 3500;
    public int GrpcPort { get; init; } = 50001;
    public long MaxBodySize { get; init; } = 4 << 20;
}

/// <summary>The command line: flags before the first lone <c>--</c> hold for every app, each group behind one is an app.</summary>
internal sealed record SidecarOptions(IReadOnlyList<AppOptions> Apps, IReadOnlyList<string> ResourcesPaths, string StateDirectory)
{
    public const string Help = """
        The embedded Dapr sidecar: one process serves every app of one developer's machine. For development only.

          Dapr.Sidecar [flags] [-- flags of app 1 [-- flags of app 2 ...]]

        Flags, named like daprd's:
          --app-id ID              required for each app; several groups with one id are replicas
          --app-port PORT          where the app listens on 127.0.0.1
          --dapr-http-port PORT    default 3500
          --dapr-grpc-port PORT    default 50001
          --resources-path DIR     components, *.yaml; may be repeated
          --state-dir DIR          reminders, messages and workflows; default .
          --max-body-size SIZE     such as 16Mi; default 4Mi
          --dapr-listen-addresses  127.0.0.1 only
        """;

    private static readonly HashSet<string> Ignored =
    [
        "--app-protocol", "--app-channel-address", "--config", "--log-level", "--placement-host-address", "--scheduler-host-address", "--dapr-internal-grpc-port",
        "--metrics-port", "--read-buffer-size", "--app-health-check-path", "--app-health-probe-interval", "--app-health-probe-timeout", "--app-health-threshold",
        "--app-max-concurrency", "--profile-port", "--enable-app-health-check", "--enable-api-logging", "--enable-profiling", "--enable-metrics", "--log-as-json",
    ];

    /// <exception cref="FormatException">What is wrong with the command line, for people.</exception>
    public static SidecarOptions Parse(IReadOnlyList<string> args, Action<string> warn)
    {
        var groups = new List<List<(string Flag, string Value)>> { new() };
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] == "--")
            {
                groups.Add([]);
                continue;
            }
            var (flag, value) = args[i].Split('=', 2) is [var name, var text] ? (name, text) : (args[i], null);
            if (!flag.StartsWith("--", StringComparison.Ordinal))
                throw new FormatException($"'{args[i]}' is no flag.");
            if (value is null)
                value = i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal) ? args[++i] : "true";
            groups[^1].Add((flag, value));
        }
        var shared = groups[0];
        var apps = groups.Count == 1 ? groups : groups[1..];
        var all = groups.SelectMany(g => g).ToArray();
        foreach (var flag in all.Select(a => a.Flag).Where(Ignored.Contains).Distinct())
            warn($"{flag} has no meaning here and is ignored.");
        return new(
            [.. apps.Select(group => App([.. shared, .. group]))],
            [.. all.Where(a => a.Flag == "--resources-path").Select(a => a.Value).Distinct()],
            all.LastOrDefault(a => a.Flag == "--state-dir").Value ?? ".");
    }

    private static AppOptions App(IReadOnlyList<(string Flag, string Value)> flags)
    {
        var app = new AppOptions { AppId = "" };
        foreach (var (flag, value) in flags)
            app = flag switch
            {
                "--app-id" => app with { AppId = value },
                "--app-port" => app with { AppPort = Port(flag, value) },
                "--dapr-http-port" => app with { HttpPort = Port(flag, value) },
                "--dapr-grpc-port" => app with { GrpcPort = Port(flag, value) },
                "--max-body-size" => app with { MaxBodySize = Size(value) },
                "--dapr-listen-addresses" when value.Split(',').All(IsLoopback) => app,
                "--dapr-listen-addresses" => throw new FormatException($"The embedded sidecar listens on loopback only, not on '{value}'. Run real Dapr for anything else."),
                "--resources-path" or "--state-dir" => app,
                _ when Ignored.Contains(flag) => app,
                _ => throw new FormatException($"The flag {flag} is unknown; --help lists them."),
            };
        return app.AppId.Length > 0 ? app : throw new FormatException("Every app needs an --app-id.");
    }

    private static bool IsLoopback(string text) => text is "localhost" || (IPAddress.TryParse(text, out var address) && IPAddress.IsLoopback(address));

    private static int Port(string flag, string value) =>
        int.TryParse(value, out var port) && port is > 0 and < 65536 ? port : throw new FormatException($"{flag} is '{value}'; it must be 1 to 65535.");

    private static long Size(string value)
    {
        var (digits, factor) = value switch
        {
            [.. var n, 'K', 'i'] => (n, 1024L),
            [.. var n, 'M', 'i'] => (n, 1024L * 1024),
            [.. var n, 'G', 'i'] => (n, 1024L * 1024 * 1024),
            [.. var n, 'K' or 'k'] => (n, 1000L),
            [.. var n, 'M'] => (n, 1_000_000L),
            _ => (value, 1L),
        };
        return long.TryParse(digits, out var number) && number is > 0 and < 1 << 20 || number > 0 && factor == 1
            ? number * factor
            : throw new FormatException($"--max-body-size is '{value}'; give a number, or one with Ki, Mi, Gi.");
    }
}
