using System.Text.Json;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Canaries;
using Mesh.Governance.Operations;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Mesh.Tool.Governance.Views;

/// <summary>Proposals for people.</summary>
internal static class ProposalView
{
    private const int ShortHash = 12;

    public static string Short(string hash) => hash.Length > ShortHash ? hash[..ShortHash] : hash;

    public static IRenderable List(IEnumerable<ProposalAnswer> proposals, long now)
    {
        var table = Table("proposal", "status", "tier", "operation", "by", "votes", "time left", "reason");
        foreach (var p in proposals)
            table.AddRow(Cells(Short(p.Hash), p.Status, p.Tier, p.Kind, p.Proposer, $"{p.Votes.Count(v => v.Choice == "approve")}/{p.Needed}", p.Status == "open" ? Durations.Until(p.Deadline, now) : "", Cut(p.Reason)));
        return table;
    }

    /// <summary>What somebody is asked to sign.</summary>
    public static IRenderable Signed(SignedAct<Proposal> proposal, long now)
    {
        var act = proposal.Act;
        var grid = Grid();
        Row(grid, "proposal", proposal.Hash);
        Row(grid, "by", act.Proposer);
        Row(grid, "reason", act.Reason);
        Row(grid, "operation", JsonSerializer.Serialize(act.Operation, GovernanceJson.Default.Operation));
        Row(grid, "deadline", $"{DateTimeOffset.FromUnixTimeSeconds(act.Deadline):u} ({Durations.Until(act.Deadline, now)})");
        return grid;
    }

    /// <summary>How it stands.</summary>
    public static IRenderable Standing(ProposalAnswer proposal, long now)
    {
        var grid = Grid();
        Row(grid, "proposal", proposal.Hash);
        Row(grid, "status", proposal.Status + (proposal.Outcome is { Length: > 0 } outcome ? $": {outcome}" : ""));
        if (proposal.Effect is { Length: > 0 } effect)
            Row(grid, "effect", effect);
        Row(grid, "tier", proposal.Tier + (proposal.Domain is { } domain ? $", domain {domain}" : ""));
        Row(grid, "operation", proposal.Operation.GetRawText());
        Row(grid, "by", $"{proposal.Proposer}: {proposal.Reason}");
        Row(grid, "votes", Votes(proposal));
        if (proposal.Status == "open")
            Row(grid, "time left", Durations.Until(proposal.Deadline, now));
        if (proposal.Status == "open" && proposal.Effective > now)
            Row(grid, "review", $"approvals take effect in {Durations.Until(proposal.Effective.Value, now)}");
        return proposal.Deployment is { } canary && proposal.Status == "deploying" ? new Rows(grid, Canary(canary, now)) : grid;
    }

    public static IRenderable Diff(IReadOnlyList<FieldChange> changes)
    {
        if (changes.Count == 0)
            return new Text("No change of the configuration.\n");
        var table = Table("field", "before", "after");
        foreach (var change in changes)
            table.AddRow(Cells(change.Path, change.Before?.GetRawText() ?? "-", change.After?.GetRawText() ?? "-"));
        return table;
    }

    private static IRenderable Canary(CanaryAnswer canary, long now)
    {
        var table = Table($"canary, {canary.Share * 100:0.###} % of the sessions", "sessions", "errors", "p99 of a token", "own tokens, nats", "feedback");
        foreach (var (name, arm) in new[] { ("candidate", canary.Candidate), ("control", canary.Control) })
            if (arm is not null)
                table.AddRow(Cells(name, $"{arm.Sessions} of {canary.Sessions}", $"{arm.Errors}", $"{P99(arm):0.#} ms", $"{arm.Own.Mean:0.###}", $"{arm.Feedback.Sum:+0;-0;0}"));
        var verdict = $"gates: {canary.Verdict} {canary.Reason}{(canary.Ends is { } ends ? $"; ends in {Durations.Until(ends, now)}" : "")}";
        return new Rows(table, new Text(Plain.Of(verdict)));
    }

    private static double P99(ArmReport arm) => LatencyBuckets.At(arm.Latencies, (long)Math.Ceiling(0.99 * arm.Latencies.Sum()));

    private static string Votes(ProposalAnswer proposal)
    {
        var votes = proposal.Votes.Select(v => $"{v.Voter} {(v.Choice == "approve" ? "approves" : "rejects")}{(v.Reason is { } reason ? $" ({reason})" : "")}");
        var missing = proposal.Status == "open" ? (proposal.Voters ?? []).Except(proposal.Votes.Select(v => v.Voter)).ToArray() : [];
        return string.Join(", ", votes.Prepend($"{proposal.Votes.Count(v => v.Choice == "approve")} of {proposal.Needed}")) + (missing.Length > 0 ? $"; waits for {string.Join(", ", missing)}" : "");
    }

    public static Table Table(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns)
            table.AddColumn(Markup.Escape(column));
        return table;
    }

    public static string[] Cells(params string[] cells) => [.. cells.Select(Plain.Markup)];

    public static Grid Grid() => new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();

    public static void Row(Grid grid, string name, string value) => grid.AddRow(Cells(name, value));

    private static string Cut(string text) => text.Length <= 60 ? text : text[..59] + "…";
}
