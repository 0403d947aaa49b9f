using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace ServiceDefaults;

/// <summary>One line an entry: time, level, message. Who said it is told only of others than the mesh's own parts, whose messages say it themselves.</summary>
internal sealed class LogLines(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "lines";
    private static readonly string[] Foreign = ["Microsoft.", "System.", "Dapr.", "Grpc.", "Polly"];

    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopes, TextWriter output)
    {
        var message = entry.Formatter(entry.State, entry.Exception);
        output.Write($"{time.GetLocalNow():HH:mm:ss.fff} {Level(entry.LogLevel)}: ");
        var category = entry.Category;
        if (Foreign.Any(prefix => category.StartsWith(prefix, StringComparison.Ordinal)))
            output.Write($"{category}: ");
        output.Write(OneLine(message));
        if (entry.Exception is { } fault)
            output.Write($" {OneLine(fault.ToString())}");
        output.Write(Environment.NewLine);
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };
}
