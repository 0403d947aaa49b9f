using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using Mesh.Tool.Governance.Views;
using Mesh.Tool.Verbs;
using Spectre.Console;

namespace Mesh.Tool.Governance;

/// <summary>What a verb has for making its operation.</summary>
/// <param name="Configuration">The newest.</param>
/// <param name="IsDryRun">Nothing is to be written, here or there.</param>
internal sealed record Drafting(ParseResult Arguments, GovernanceClient Client, MeshConfiguration Configuration, bool IsDryRun, CancellationToken Cancellation);

/// <summary>The way of every verb that proposes: what it would change is shown, the act signed and handed in, its workflow followed.</summary>
internal sealed class ProposalFlow
{
    private static readonly TimeSpan DefaultDeadline = TimeSpan.FromDays(7);
    private readonly Terminal _terminal;
    private readonly Option<string?> _reason = new("--reason") { Description = "Why; asked for when it is missing in a terminal." };
    private readonly Option<TimeSpan?> _deadline = new("--deadline") { Description = "How long votes count: 90s, 15m, 12h, 7d. Default: 7d.", CustomParser = Durations.Parse, HelpName = "time" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Shows the change, its tier and its blast radius, and sends nothing." };
    private readonly Option<bool?> _wait = new("--wait") { Description = "Follows it to its end. Default in a terminal; --wait false does not." };
    private readonly WaitOptions _waiting;

    /// <param name="hasKeyAlias">False where <c>--key</c> is the key of somebody else.</param>
    public ProposalFlow(Command command, Terminal terminal, bool hasKeyAlias = true)
    {
        _terminal = terminal;
        foreach (var option in new Option[] { _reason, _deadline, _dryRun, _wait })
            command.Options.Add(option);
        _waiting = new(command);
        Mesh = new(command, terminal);
        Keys = new(command, Mesh, hasKeyAlias);
    }

    public MeshOptions Mesh { get; }

    public MemberKeys Keys { get; }

    /// <summary>A command that proposes what <paramref name="make"/> makes of its arguments.</summary>
    public static void Attach(Verb command, Terminal terminal, Func<ParseResult, Operation> make) =>
        Attach(command, terminal, draft => Task.FromResult(make(draft.Arguments)));

    /// <inheritdoc cref="Attach(Verb, Terminal, Func{ParseResult, Operation})"/>
    public static void Attach(Verb command, Terminal terminal, Func<Drafting, Task<Operation>> make, bool hasKeyAlias = true)
    {
        var flow = new ProposalFlow(command, terminal, hasKeyAlias);
        command.Does(terminal, (arguments, cancellationToken) => flow.ProposeAsync(arguments, make, cancellationToken));
    }

    /// <returns>The exit code.</returns>
    public async Task<int> ProposeAsync(ParseResult arguments, Func<Drafting, Task<Operation>> make, CancellationToken cancellationToken)
    {
        var (isDryRun, isInteractive) = (arguments.GetValue(_dryRun), Mesh.IsInteractive(arguments));
        var reason = arguments.GetValue(_reason);
        if (string.IsNullOrWhiteSpace(reason) && !isDryRun && !isInteractive)
            throw ToolException.Usage("Say why: --reason TEXT.");
        using var key = isDryRun ? null : Keys.Load(arguments);
        using var client = Mesh.Open(arguments);
        var configuration = await client.ConfigurationAsync(cancellationToken);
        var operation = await make(new(arguments, client, configuration, isDryRun, cancellationToken));
        var raw = await client.PostAsync("governance/dry-run", $$"""{"operation":{{JsonSerializer.Serialize(operation, GovernanceJson.Default.Operation)}}}""", cancellationToken);
        var change = client.Read(raw, AnswerJson.Default.DryRunAnswer);
        Show(change, isResult: isDryRun && !Mesh.IsJson(arguments));
        if (isDryRun && Mesh.IsJson(arguments))
            _terminal.Print(raw.GetRawText());
        if (change.Refused is { } refused)
            throw new ToolException(ExitCode.Refused, refused);
        if (isDryRun)
            return ExitCode.Ok;

        reason = string.IsNullOrWhiteSpace(reason) ? await _terminal.AskAsync("Why?", cancellationToken) : reason;
        var deadline = _terminal.Now + (long)Math.Max(1, (arguments.GetValue(_deadline) ?? DefaultDeadline).TotalSeconds);
        var act = SignedAct.Sign(new Proposal(configuration.Mesh, key!.Name, operation, reason, _terminal.Now, deadline, RandomNumberGenerator.GetHexString(32, lowercase: true)), key);
        var answer = await client.PostNoteAsync("governance/proposals", act.Note.ToString(), cancellationToken);
        if (client.Read(answer, AnswerJson.Default.ProposedAnswer) is var proposed && proposed.Hash != act.Hash)
            throw ToolException.Unverified($"The mesh took another proposal ({proposed.Hash}) for the one that was signed ({act.Hash}).");
        if (arguments.GetValue(_wait) ?? isInteractive)
            return await new ProposalWatch(_terminal, client, Mesh.IsJson(arguments)).FollowAsync(act.Hash, _waiting.Timeout(arguments), cancellationToken);
        _terminal.Print(Mesh.IsJson(arguments) ? answer.GetRawText() : act.Hash);
        _terminal.Say($"Proposed, {Next(proposed.Tier)}. `mesh show {ProposalView.Short(act.Hash)} --wait` follows it.");
        return ExitCode.Ok;
    }

    private void Show(DryRunAnswer change, bool isResult)
    {
        var console = isResult ? _terminal.Out : _terminal.Error;
        console.Write(ProposalView.Diff([.. change.Diff.Select(d => d.Field)]));
        console.MarkupLine(Plain.Markup($"Tier {change.Tier}: {Next(change.Tier)}."));
        if (change.BlastRadius is { } blast)
            console.MarkupLine(Plain.Markup($"Blast radius: {blast.Text}"));
    }

    /// <summary>What has to happen, by the tier.</summary>
    private static string Next(string tier) => tier switch
    {
        "suggest" => "one approver says whether it is used",
        "sandbox_test" => "it runs at once, away from traffic",
        "deploy_minor" => "approvers vote; then it runs, and is undone by itself if it makes things worse",
        _ => "every other approver has to approve, and the review time has to pass; one rejection ends it",
    };
}

/// <summary>How long a verb follows what it began.</summary>
internal sealed class WaitOptions
{
    private readonly Option<TimeSpan?> _timeout = new("--timeout") { Description = "Longest to follow it: 90s, 15m, 12h, 7d. Default: to its end.", CustomParser = Durations.Parse, HelpName = "time" };

    public WaitOptions(Command command) => command.Options.Add(_timeout);

    public TimeSpan? Timeout(ParseResult arguments) => arguments.GetValue(_timeout);
}
