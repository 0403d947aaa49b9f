using Spectre.Console;

namespace Mesh.Tool.Verbs;

/// <summary>Results on standard output, everything else on standard error, so that the former can be piped.</summary>
internal static class Consoles
{
    /// <summary>Wide enough for a table when the output is no terminal.</summary>
    private const int PipeWidth = 200;

    public static IAnsiConsole Error { get; } = Make(System.Console.Error, System.Console.IsErrorRedirected);

    public static IAnsiConsole Out { get; } = Make(System.Console.Out, System.Console.IsOutputRedirected);

    /// <summary>A table that is also Markdown when it is piped.</summary>
    public static Table Table(string corner, IEnumerable<string> columns)
    {
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumn(Markup.Escape(corner));
        foreach (var column in columns)
            table.AddColumn(new TableColumn(Markup.Escape(column).Replace('\n', ' ')).RightAligned());
        return table;
    }

    private static IAnsiConsole Make(TextWriter writer, bool isRedirected)
    {
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(writer) });
        if (isRedirected)
            console.Profile.Width = PipeWidth;
        return console;
    }
}
