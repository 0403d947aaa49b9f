using System.Net.Http.Json;
using System.Text.Json;
using Mesh.Ensemble.TokenLoop;

namespace Router.Api.Tests.Responses;

public sealed class ResponseStreamTests
{
    private const string Path = "/v1/responses";

    [Theory, InlineData(null), InlineData(3)]
    public async Task Events_come_in_order_and_end_without_a_mark(int? limit)
    {
        await using var router = await RouterHost.StartAsync();
        var events = await StreamAsync(router, new { model = "mesh", input = "Hi", stream = true, max_output_tokens = limit });
        string end = limit is null ? "completed" : "incomplete";
        Assert.Equal(
            ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added", "response.output_text.delta", "response.output_text.done",
             "response.content_part.done", "response.output_item.done", $"response.{end}"],
            Types(events).Aggregate(new List<string>(), (seen, type) => { if (seen.LastOrDefault() != type) seen.Add(type); return seen; }));
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(e => e.GetProperty("sequence_number").GetInt32()));
        var text = string.Concat(events.Where(e => Type(e) == "response.output_text.delta").Select(e => e.GetProperty("delta").GetString()));
        Assert.Equal(text, events.Single(e => Type(e) == "response.output_text.done").GetProperty("text").GetString());
        Assert.Equal("in_progress", events[0].GetProperty("response").GetProperty("status").GetString());
        Assert.Equal(0, events[0].GetProperty("response").GetProperty("output").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, events[0].GetProperty("response").GetProperty("usage").ValueKind);
        var last = events[^1].GetProperty("response");
        Assert.Equal(end, last.GetProperty("status").GetString());
        Assert.Equal(text, last.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal(events.Single(e => Type(e) == "response.output_item.done").GetProperty("item").GetRawText(), last.GetProperty("output")[0].GetRawText());
        Assert.All(events.Where(e => e.TryGetProperty("item_id", out _)), e => Assert.Equal(last.GetProperty("output")[0].GetProperty("id").GetString(), e.GetProperty("item_id").GetString()));
        // What is kept is what was told.
        var kept = await router.Client.GetFromJsonAsync<JsonElement>($"{Path}/{last.GetProperty("id").GetString()}");
        Assert.Equal(last.GetRawText(), kept.GetRawText());
    }

    [Fact]
    public async Task Calls_are_streamed_with_their_arguments()
    {
        await using var router = await RouterHost.StartAsync(loop: new()
        {
            Answer = "I look. <tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Köln\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"get_time\", \"arguments\": {}}\n</tool_call>",
        });
        var events = await StreamAsync(router, new { model = "mesh", input = "Hi", stream = true, tools = ResponseTests.Tools });
        var output = events[^1].GetProperty("response").GetProperty("output").EnumerateArray().ToArray();
        Assert.Equal(["message", "function_call", "function_call"], output.Select(i => i.GetProperty("type").GetString()));
        Assert.Equal([0, 1, 2], events.Where(e => Type(e) == "response.output_item.added").Select(e => e.GetProperty("output_index").GetInt32()));
        Assert.Equal([0, 1, 2], events.Where(e => Type(e) == "response.output_item.done").Select(e => e.GetProperty("output_index").GetInt32()));
        foreach (var call in output[1..])
        {
            var id = call.GetProperty("id").GetString();
            var of = events.Where(e => e.TryGetProperty("item_id", out var item) && item.GetString() == id).ToArray();
            var arguments = string.Concat(of.Where(e => Type(e) == "response.function_call_arguments.delta").Select(e => e.GetProperty("delta").GetString()));
            Assert.Equal(call.GetProperty("arguments").GetString(), arguments);
            Assert.Equal(arguments, of.Single(e => Type(e) == "response.function_call_arguments.done").GetProperty("arguments").GetString());
        }
    }

    [Fact]
    public async Task A_failure_in_mid_stream_is_told_by_the_response()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Before = (i, _) => i < 2 ? Task.CompletedTask : throw new NoExpertException("All experts are gone.") });
        var events = await StreamAsync(router, new { model = "mesh", input = "Hi", stream = true });
        Assert.Equal("response.failed", Type(events[^1]));
        var response = events[^1].GetProperty("response");
        Assert.Equal("failed", response.GetProperty("status").GetString());
        Assert.Equal("All experts are gone.", response.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(0, router.Responses.Count);
    }

    [Fact]
    public async Task An_answer_that_says_nothing_is_an_empty_message()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = "" });
        var events = await StreamAsync(router, new { model = "mesh", input = "Hi", stream = true });
        Assert.Equal("", events[^1].GetProperty("response").GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString());
    }

    private static string Type(JsonElement e) => e.GetProperty("type").GetString()!;

    private static IEnumerable<string> Types(IEnumerable<JsonElement> events) => events.Select(Type);

    private static async Task<List<JsonElement>> StreamAsync(RouterHost router, object body)
    {
        using var response = await router.Client.PostAsJsonAsync(Path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.EndsWith("\n\n", text);
        return [.. text[..^2].Split("\n\n").Select(e =>
        {
            var lines = e.Split('\n');
            Assert.Equal(2, lines.Length);
            var data = JsonDocument.Parse(lines[1]["data: ".Length..]).RootElement;
            Assert.Equal("event: " + Type(data), lines[0]);
            return data;
        })];
    }
}
