using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Ensemble.TokenLoop;

namespace Router.Api.Tests.Messages;

public sealed class MessageStreamTests
{
    private const string Path = "/v1/messages";

    [Fact]
    public async Task Events_come_in_order_and_tell_what_a_whole_message_does()
    {
        await using var router = await RouterHost.StartAsync();
        var events = await StreamAsync(router, MessageTests.Ask("""{"stream":true}"""));
        Assert.Equal(["message_start", "ping", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"], Types(events));
        var start = events[0].GetProperty("message");
        Assert.Equal(0, start.GetProperty("content").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, start.GetProperty("stop_reason").ValueKind);
        var whole = await router.AskAsync(Path, MessageTests.Ask());
        Assert.Equal(whole.GetProperty("content")[0].GetProperty("text").GetString(), string.Concat(Deltas(events, 0, "text_delta").Select(d => d.GetProperty("text").GetString())));
        Assert.Equal("""{"stop_reason":"end_turn","stop_sequence":null}""", events[^2].GetProperty("delta").GetRawText());
        Assert.Equal(whole.GetProperty("usage").GetRawText(), events[^2].GetProperty("usage").GetRawText());
    }

    [Theory]
    [InlineData("""{"stop_sequences":["there"]}""", """{"stop_reason":"stop_sequence","stop_sequence":"there"}""")]
    [InlineData("""{"max_tokens":1}""", """{"stop_reason":"max_tokens","stop_sequence":null}""")]
    public async Task The_reason_to_stop_comes_last_and_only_then(string fields, string delta)
    {
        await using var router = await RouterHost.StartAsync();
        var body = MessageTests.Ask(fields);
        body["stream"] = true;
        var events = await StreamAsync(router, body);
        Assert.Equal(JsonValueKind.Null, events[0].GetProperty("message").GetProperty("stop_reason").ValueKind);
        Assert.Equal(delta, events[^2].GetProperty("delta").GetRawText());
    }

    [Fact]
    public async Task Calls_are_blocks_whose_input_comes_piece_by_piece()
    {
        await using var router = await RouterHost.StartAsync(loop: new()
        {
            Answer = "I look. <tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Köln\", \"days\": 3}}\n</tool_call>\n<tool_call>\n{\"name\": \"get_time\", \"arguments\": {}}\n</tool_call>",
        });
        var events = await StreamAsync(router, MessageTests.Ask("""{"stream":true}""", MessageTests.Tools));
        var starts = events.Where(e => Type(e) == "content_block_start").ToArray();
        Assert.Equal([0, 1, 2], starts.Select(Index));
        Assert.Equal(["text", "tool_use", "tool_use"], starts.Select(s => Type(s.GetProperty("content_block"))));
        Assert.Equal([null, "get_weather", "get_time"], starts.Select(s => s.GetProperty("content_block").TryGetProperty("name", out var name) ? name.GetString() : null));
        Assert.All(starts[1..], s => Assert.Equal("{}", s.GetProperty("content_block").GetProperty("input").GetRawText()));
        Assert.Equal("I look. ", string.Concat(Deltas(events, 0, "text_delta").Select(d => d.GetProperty("text").GetString())));
        var pieces = Deltas(events, 1, "input_json_delta").Select(d => d.GetProperty("partial_json").GetString()).ToArray();
        Assert.True(pieces.Length > 3);
        Assert.Equal("""{"city": "Köln", "days": 3}""", string.Concat(pieces));
        Assert.Equal("{}", string.Concat(Deltas(events, 2, "input_json_delta").Select(d => d.GetProperty("partial_json").GetString())));
        // One block at a time: each is closed before the next is opened.
        Assert.Equal([0, 0, 1, 1, 2, 2], events.Where(e => Type(e) is "content_block_start" or "content_block_stop").Select(Index));
        Assert.Equal("tool_use", events[^2].GetProperty("delta").GetProperty("stop_reason").GetString());
    }

    [Fact]
    public async Task A_failure_in_mid_stream_is_its_last_event()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Before = (i, _) => i < 2 ? Task.CompletedTask : throw new NoExpertException("All experts are gone.") });
        var events = await StreamAsync(router, MessageTests.Ask("""{"stream":true}"""));
        Assert.Equal(["type", "error", "request_id"], events[^1].EnumerateObject().Select(p => p.Name));
        Assert.Equal("""{"type":"overloaded_error","message":"All experts are gone."}""", events[^1].GetProperty("error").GetRawText());
        Assert.DoesNotContain("message_stop", Types(events));
    }

    private static string Type(JsonElement e) => e.GetProperty("type").GetString()!;

    private static int Index(JsonElement e) => e.GetProperty("index").GetInt32();

    /// <summary>Each type once where it comes several times in a row.</summary>
    private static IEnumerable<string> Types(List<JsonElement> events) => events.Select(Type).Where((type, i) => i == 0 || type != Type(events[i - 1]));

    private static IEnumerable<JsonElement> Deltas(List<JsonElement> events, int block, string type)
    {
        var deltas = events.Where(e => Type(e) == "content_block_delta" && Index(e) == block).Select(e => e.GetProperty("delta")).ToArray();
        Assert.NotEmpty(deltas);
        Assert.All(deltas, d => Assert.Equal(type, Type(d)));
        return deltas;
    }

    private static async Task<List<JsonElement>> StreamAsync(RouterHost router, JsonObject body)
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
