using System.Text.Json;
using Mesh.Contracts.Observations;
using Mesh.Testing;
using Router.Api.Observations;

namespace Router.Api.Tests.Observations;

public sealed class FeedbackTailTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "feedback.jsonl");

    [Fact]
    public async Task The_newest_lines_come_first_and_no_more_than_so_many()
    {
        Assert.Empty(await FeedbackTail.ReadAsync(File, withTexts: true, default));
        await System.IO.File.WriteAllLinesAsync(File, Enumerable.Range(0, 500).Select(i => Line($"c{i}")));
        var lines = await FeedbackTail.ReadAsync(File, withTexts: true, default);
        Assert.Equal(Enumerable.Range(0, RouterObservations.MostFeedback).Select(i => $"c{499 - i}"), lines.Select(l => l.Completion));
    }

    [Fact]
    public async Task What_is_no_feedback_is_read_past_and_texts_are_cut()
    {
        var hostile = "\u0000\u202e</script>\"}" + new string('!', 10_000);
        await System.IO.File.WriteAllTextAsync(File, $"{Line("first", hostile)}\n\n[]\n{{\"vote\":1}}\nnoise\n{Line("second")}\n{Line("half")[..30]}");
        var lines = await FeedbackTail.ReadAsync(File, withTexts: true, default);
        Assert.Equal(["second", "first"], lines.Select(l => l.Completion));
        Assert.Equal(hostile[..RouterObservations.MostText], lines[1].Comment);
        Assert.All(await FeedbackTail.ReadAsync(File, withTexts: false, default), l => Assert.Equal((null, null, null), (l.Prompt, l.Answer, l.Comment)));
    }

    [Fact]
    public async Task Of_a_long_file_only_its_end_is_read()
    {
        await System.IO.File.WriteAllLinesAsync(File, Enumerable.Range(0, 30).Select(i => Line($"c{i}", new string('x', 100_000))));
        var lines = await FeedbackTail.ReadAsync(File, withTexts: true, default);
        Assert.InRange(lines.Count, 5, 10);
        Assert.Equal("c29", lines[0].Completion);
    }

    public void Dispose() => _folder.Dispose();

    private static string Line(string completion, string? comment = null) => JsonSerializer.Serialize(
        new { at = "2030-01-01T00:00:00Z", vote = "down", completion_id = completion, model = "mesh", prompt = "p", answer = "a", comment, key = (string?)null });
}
