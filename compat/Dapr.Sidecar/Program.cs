using Dapr.Sidecar.Hosting;
using Dapr.Sidecar.Storage;

if (args.Any(a => a is "--help" or "-h"))
{
    Console.WriteLine(SidecarOptions.Help);
    return 0;
}
try
{
    var options = SidecarOptions.Parse(args, warning => Console.Error.WriteLine($"warning: {warning}"));
    using var folder = StateFolder.Take(options.StateDirectory);
    await using var app = SidecarHost.Build(options);
    await app.RunAsync();
    return 0;
}
catch (Exception fault) when (fault is FormatException or IOException or Microsoft.Data.Sqlite.SqliteException)
{
    await Console.Error.WriteLineAsync($"error: {fault.Message}");
    return 1;
}
