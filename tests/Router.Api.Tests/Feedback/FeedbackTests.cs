using System.Net.Http.Json;

namespace Router.Api.Tests.Feedback;

public sealed class FeedbackTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("mesh-feedback-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Every_vote_is_a_line_that_outlives_the_router()
    {
        for (var run = 0; run < 2; run++)
        {
            await using var router = await RouterHost.StartAsync(settings: $"--Mesh:Data={_data}");
            await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
            {
                using var response = await router.Client.PostAsJsonAsync("/mesh/feedback", new { completion_id = $"c{i}", vote = i % 2 == 0 ? "up" : "down", answer = "line\nbreak" });
                Assert.Equal(204, (int)response.StatusCode);
            }));
        }
        var lines = await File.ReadAllLinesAsync(Path.Combine(_data, "feedback.jsonl"));
        Assert.Equal(40, lines.Length);
        Assert.All(lines, l => System.Text.Json.JsonDocument.Parse(l));
    }

    [Theory]
    [InlineData("""{"vote":"up"}""", "completion_id")]
    [InlineData("""{"completion_id":"c"}""", "vote")]
    [InlineData("""{"completion_id":"c","vote":"sideways"}""", "vote")]
    [InlineData("""{"completion_id":"c","vote":"up","weights":{"a":2}}""", "weights.a")]
    [InlineData("""{"completion_id":"c","vote":"up","weights":[1]}""", "weights")]
    public async Task A_bad_vote_is_refused_by_name(string body, string parameter)
    {
        await using var router = await RouterHost.StartAsync(settings: $"--Mesh:Data={_data}");
        Assert.Equal(parameter, (await RouterHost.ErrorAsync(await router.PostAsync("/mesh/feedback", body), 400)).GetProperty("param").GetString());
        Assert.False(File.Exists(Path.Combine(_data, "feedback.jsonl")));
    }
}
