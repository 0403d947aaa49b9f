using Mesh.Governance.Acts;
using Mesh.Tool.Eval;
using Mesh.Tool.Governance;
using Spectre.Console;

namespace Mesh.Tool.Verbs;

/// <summary>Faults as exit codes (<see cref="ExitCode"/>) and one line on standard error.</summary>
internal static class Faults
{
    public static Task<int> ReportAsync(Func<Task> work) => ReportAsync(Consoles.Error, async () =>
    {
        await work();
        return ExitCode.Ok;
    });

    public static async Task<int> ReportAsync(IAnsiConsole error, Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception fault) when (fault is ToolException or EvalException or InvalidDataException or ActRefusedException or IOException or UnauthorizedAccessException)
        {
            error.MarkupLine($"[red]{Plain.Markup(fault.Message)}[/]");
            return fault is ToolException tool ? tool.Code : ExitCode.Refused;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
    }
}
