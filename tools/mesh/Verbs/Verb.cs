using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Mesh.Tool.Verbs;

/// <summary>A command whose help ends with an example.</summary>
internal sealed class Verb(string name, string description, string example) : Command(name, description)
{
    public string Example => example;

    /// <summary>Does the work; its faults become exit codes and a line on standard error.</summary>
    public void Does(Terminal terminal, Func<ParseResult, CancellationToken, Task<int>> work) =>
        SetAction((arguments, cancellationToken) => Faults.ReportAsync(terminal.Error, () => work(arguments, cancellationToken)));
}

/// <summary>Help as it is, and then the example.</summary>
internal sealed class HelpWithExample(HelpAction help) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        var code = help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is Verb verb)
            parseResult.InvocationConfiguration.Output.WriteLine($"Example:\n  {verb.Example.ReplaceLineEndings("\n  ")}\n");
        return code;
    }
}
