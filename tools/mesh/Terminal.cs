using Mesh.Tool.Governance;
using Mesh.Tool.Verbs;
using Spectre.Console;

namespace Mesh.Tool;

/// <summary>What a verb sees of the world around it.</summary>
/// <param name="IsInteractive">Somebody is there who can be asked.</param>
/// <param name="Variable">Environment variables.</param>
internal sealed record Terminal(IAnsiConsole Out, IAnsiConsole Error, bool IsInteractive, TimeProvider Clock, Func<string, string?> Variable)
{
    public static Terminal System { get; } = new(
        Consoles.Out, Consoles.Error, !Console.IsInputRedirected && !Console.IsErrorRedirected, TimeProvider.System, Environment.GetEnvironmentVariable);

    public long Now => Clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>A line of the result as it is: JSON, notes and hashes are not wrapped.</summary>
    public void Print(string line) => Out.Profile.Out.Writer.WriteLine(line);

    /// <summary>A line for people, beside the result. Text of others comes through <see cref="Plain"/>.</summary>
    public void Say(FormattableString line) => Error.MarkupLine(Plain.Markup(line));

    public async Task<bool> ConfirmAsync(string question, CancellationToken cancellationToken) =>
        await new ConfirmationPrompt(Markup.Escape(question)) { DefaultValue = false }.ShowAsync(Error, cancellationToken);

    /// <summary>An answer that is not empty.</summary>
    public async Task<string> AskAsync(string question, CancellationToken cancellationToken) =>
        (await new TextPrompt<string>(Markup.Escape(question)).ShowAsync(Error, cancellationToken)).Trim();
}
