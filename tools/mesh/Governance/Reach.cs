using System.Text.Json;

namespace Mesh.Tool.Governance;

/// <summary>Which nodes took a halt or a resume: governance says so, or a router where governance is away.</summary>
internal sealed record Reach(IReadOnlyList<string> Reached, IReadOnlyList<string> Unreached)
{
    public static Reach Of(JsonElement answer) => new(Names(answer, "reached"), Names(answer, "unreached"));

    /// <param name="next">A sentence behind those who were reached.</param>
    public void SayReached(Terminal terminal, string done, string next = "") =>
        terminal.Say($"{done}: {(Reached.Count > 0 ? string.Join(", ", Reached) : "yes")}.{next}");

    /// <param name="advice">For those who were not reached.</param>
    /// <returns>The exit code.</returns>
    public int SayUnreached(Terminal terminal, string advice)
    {
        if (Unreached.Count == 0)
            return ExitCode.Ok;
        terminal.Say($"[red]Not reached yet: {string.Join(", ", Unreached)}.[/] {advice}");
        return ExitCode.Unreachable;
    }

    private static string[] Names(JsonElement answer, string field) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(field, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(n => n.ToString())] : [];
}
