using System.CommandLine;
using Spectre.Console.Testing;

namespace Mesh.Tool.Tests.Governance;

/// <param name="Output">Standard output alone.</param>
internal sealed record Ran(int Code, string Output, string Error)
{
    /// <summary>The first line of the output.</summary>
    public string Line => Output.Split('\n')[0].Trim();
}

/// <summary>The program with everything but its process: arguments in, exit code and both outputs out.</summary>
internal sealed class CommandLine(string url, string data)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    public Dictionary<string, string> Variables { get; } = new() { ["MESH_URL"] = url, ["Mesh__Data"] = data };

    public Task<Ran> RunAsync(params string[] arguments) => RunAsync(null, arguments);

    /// <param name="answers">What somebody in a terminal answers; null: there is no terminal.</param>
    public async Task<Ran> RunAsync(string[]? answers, string[] arguments, CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(Deadline);
        var (output, error) = (new TestConsole().Width(1000), new TestConsole().Width(1000));
        foreach (var answer in answers ?? [])
            error.Input.PushTextWithEnter(answer);
        if (answers is not null)
            error.Interactive();
        var terminal = new Terminal(output, error, answers is not null, TimeProvider.System, Variables.GetValueOrDefault);
        var configuration = new InvocationConfiguration { Output = output.Profile.Out.Writer, Error = error.Profile.Out.Writer, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        var code = await MeshCommand.RunAsync(arguments, terminal, configuration, stop.Token);
        return new(code, output.Output, error.Output);
    }
}
