using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Tool.Governance.Views;
using Spectre.Console;

namespace Mesh.Tool.Governance;

/// <param name="Milliseconds">Until its answer.</param>
/// <param name="Fault">Why it did not take the halt; null: it did.</param>
internal sealed record NodeOutcome(string Url, string? Node, double Milliseconds, string? Fault);

/// <summary>Hands a halt to nodes themselves, all at once: the way that needs neither router nor governance.</summary>
internal sealed class DirectHalt(Terminal terminal)
{
    private const int MostAnswerBytes = 1 << 16;

    /// <returns>In the order of <paramref name="urls"/>; none throws.</returns>
    public async Task<NodeOutcome[]> SendAsync(IReadOnlyList<Uri> urls, string note, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MostAnswerBytes };
        using var deadline = new CancellationTokenSource(patience, terminal.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var outcomes = await Task.WhenAll(urls.Select(url => TellAsync(http, url, note, either.Token)));
        return outcomes;
    }

    /// <summary>Prints who took it.</summary>
    /// <returns>The exit code: unreachable when anybody is missing.</returns>
    public int Report(NodeOutcome[] outcomes, bool isJson)
    {
        if (isJson)
            terminal.Print(JsonSerializer.Serialize(outcomes, DirectJson.Default.NodeOutcomeArray));
        else
        {
            var table = ProposalView.Table("node", "address", "halted", "after");
            foreach (var o in outcomes)
                table.AddRow(ProposalView.Cells(o.Node ?? "?", o.Url, o.Fault is null ? "yes" : $"NO: {o.Fault}", $"{o.Milliseconds:0} ms"));
            terminal.Out.Write(table);
        }
        var unreached = outcomes.Where(o => o.Fault is not null).Select(o => o.Node ?? o.Url).ToArray();
        if (unreached.Length > 0)
            terminal.Say($"[red]Not halted: {string.Join(", ", unreached)}.[/]");
        return unreached.Length > 0 ? ExitCode.Unreachable : ExitCode.Ok;
    }

    private async Task<NodeOutcome> TellAsync(HttpClient http, Uri url, string note, CancellationToken cancellationToken)
    {
        var start = terminal.Clock.GetTimestamp();
        string? node = null, fault;
        try
        {
            using var content = GovernanceClient.Note(note);
            using var response = await http.PostAsync(new Uri(url, "chorus/halt"), content, cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
                fault = Problem.Of(response.StatusCode, body, url).Message;
            else
            {
                var json = JsonElement.Parse(body);
                node = json.GetProperty("node").GetString();
                fault = json.GetProperty("halted").GetBoolean() ? null : "it answers that it is not halted";
            }
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            fault = e.Message;
        }
        catch (OperationCanceledException)
        {
            fault = "no answer in time";
        }
        return new(url.ToString(), node, terminal.Clock.GetElapsedTime(start).TotalMilliseconds, fault);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(NodeOutcome[]))]
internal sealed partial class DirectJson : JsonSerializerContext;
