using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Router.Api.Security;

namespace Router.Api.Tests.Responses;

public sealed class StoredResponseTests
{
    private const string Path = "/v1/responses";

    [Fact]
    public async Task A_response_is_gone_on_from()
    {
        await using var router = await RouterHost.StartAsync();
        var first = await router.AskAsync(Path, new { model = "mesh", input = "My name is Ann.", instructions = "Be kind." });
        var second = await router.AskAsync(Path, new { model = "mesh", input = new[] { new { role = "user", content = "Who am I?" } }, previous_response_id = Id(first) });
        Assert.Equal(Id(first), second.GetProperty("previous_response_id").GetString());
        await router.AskAsync(Path, new { model = "mesh", input = "And now?", previous_response_id = Id(second) });
        // Instructions are of one response alone.
        Assert.Equal(
            FakeExperts.Tokenizer.EncodeChat(
            [
                new("user", "My name is Ann."), new("assistant", "Hello there, dear friend."), new("user", "Who am I?"), new("assistant", "Hello there, dear friend."), new("user", "And now?"),
            ]),
            router.Loop.Requests[2].Prompt.ToArray());
    }

    [Fact]
    public async Task A_response_is_read_listed_and_forgotten()
    {
        await using var router = await RouterHost.StartAsync();
        var response = await router.AskAsync(Path, new
        {
            model = "mesh", input = new object[] { new { role = "user", content = "One" }, new { role = "assistant", content = "Two" }, new { type = "function_call_output", call_id = "c", output = "Three" } },
        });
        var one = $"{Path}/{Id(response)}";
        Assert.Equal(response.GetRawText(), (await router.Client.GetFromJsonAsync<JsonElement>(one)).GetRawText());
        var items = await router.Client.GetFromJsonAsync<JsonElement>(one + "/input_items?order=asc&limit=2");
        var data = items.GetProperty("data").EnumerateArray().ToArray();
        Assert.Equal(["message", "message"], data.Select(i => i.GetProperty("type").GetString()));
        Assert.Equal(["input_text", "output_text"], data.Select(i => i.GetProperty("content")[0].GetProperty("type").GetString()));
        Assert.True(items.GetProperty("has_more").GetBoolean());
        var rest = await router.Client.GetFromJsonAsync<JsonElement>($"{one}/input_items?order=asc&after={items.GetProperty("last_id").GetString()}");
        Assert.Equal("Three", Assert.Single(rest.GetProperty("data").EnumerateArray()).GetProperty("output").GetString());
        Assert.False(rest.GetProperty("has_more").GetBoolean());
        Assert.Equal("Three", (await router.Client.GetFromJsonAsync<JsonElement>(one + "/input_items")).GetProperty("data")[0].GetProperty("output").GetString());
        await RouterHost.ErrorAsync(await router.Client.GetAsync(one + "/input_items?limit=0"), 400);
        await RouterHost.ErrorAsync(await router.PostAsync(one + "/cancel", ""), 400);

        Assert.True((await (await router.Client.DeleteAsync(one)).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("deleted").GetBoolean());
        foreach (var gone in (Func<Task<HttpResponseMessage>>[])[() => router.Client.GetAsync(one), () => router.Client.DeleteAsync(one), () => router.Client.GetAsync(one + "/input_items"), () => router.PostAsync(one + "/cancel", "")])
            await RouterHost.ErrorAsync(await gone(), 404);
        var error = await RouterHost.ErrorAsync(await router.Client.PostAsJsonAsync(Path, new { model = "mesh", input = "x", previous_response_id = Id(response) }), 400);
        Assert.Equal("previous_response_not_found", error.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Items_can_be_named_instead_of_sent()
    {
        await using var router = await RouterHost.StartAsync();
        var first = await router.AskAsync(Path, new { model = "mesh", input = "Hi" });
        var said = first.GetProperty("output")[0].GetProperty("id").GetString();
        await router.AskAsync(Path, new { model = "mesh", input = new object[] { new { role = "user", content = "Hi" }, new { type = "item_reference", id = said }, new { role = "user", content = "More." } } });
        Assert.Equal(FakeExperts.Tokenizer.EncodeChat([new("user", "Hi"), new("assistant", "Hello there, dear friend."), new("user", "More.")]), router.Loop.Requests[1].Prompt.ToArray());
        foreach (var unknown in (string[])["msg_1", said + "0", "x", said!.Replace('a', 'b').Replace('A', 'B') + "_"])
            await RouterHost.ErrorAsync(await router.Client.PostAsJsonAsync(Path, new { model = "mesh", input = new object[] { new { type = "item_reference", id = unknown } } }), 404);
    }

    [Fact]
    public async Task What_was_not_to_be_stored_is_not()
    {
        await using var router = await RouterHost.StartAsync();
        var response = await router.AskAsync(Path, new { model = "mesh", input = "Hi", store = false });
        Assert.False(response.GetProperty("store").GetBoolean());
        Assert.Equal(0, router.Responses.Count);
        await RouterHost.ErrorAsync(await router.Client.GetAsync($"{Path}/{Id(response)}"), 404);
        foreach (var odd in (string[])["resp_", "x", "resp_" + new string('a', 29) + "%7C%7C", new string('a', 500)])
            await RouterHost.ErrorAsync(await router.Client.GetAsync($"{Path}/{odd}"), 404);
    }

    [Fact]
    public async Task Without_the_store_answers_go_on_and_say_that_they_are_not_kept()
    {
        await using var router = await RouterHost.StartAsync();
        var kept = await router.AskAsync(Path, new { model = "mesh", input = "Hi" });
        router.Responses.IsAway = true;
        var lost = await router.AskAsync(Path, new { model = "mesh", input = "Hi" });
        Assert.Equal("completed", lost.GetProperty("status").GetString());
        Assert.False(lost.GetProperty("store").GetBoolean());
        var asked = router.Loop.Requests.Count;
        var error = await RouterHost.ErrorAsync(await router.Client.PostAsJsonAsync(Path, new { model = "mesh", input = "More", previous_response_id = Id(kept) }), 503);
        Assert.Equal("state_unavailable", error.GetProperty("code").GetString());
        Assert.Equal(asked, router.Loop.Requests.Count);
        await RouterHost.ErrorAsync(await router.Client.GetAsync($"{Path}/{Id(kept)}"), 503);
    }

    [Fact]
    public async Task One_key_does_not_see_what_another_made()
    {
        var file = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"mesh-keys-{Guid.NewGuid():n}");
        try
        {
            string ann = Key("ann"), bob = Key("bob");
            await using var router = await RouterHost.StartAsync(settings: $"--Mesh:ApiKeysFile={file}");
            Use(ann);
            var response = await router.AskAsync(Path, new { model = "mesh", input = "Hi" });
            var one = $"{Path}/{Id(response)}";
            Use(bob);
            await RouterHost.ErrorAsync(await router.Client.GetAsync(one), 404);
            await RouterHost.ErrorAsync(await router.Client.GetAsync(one + "/input_items"), 404);
            await RouterHost.ErrorAsync(await router.Client.DeleteAsync(one), 404);
            await RouterHost.ErrorAsync(await router.Client.PostAsJsonAsync(Path, new { model = "mesh", input = "x", previous_response_id = Id(response) }), 400);
            await RouterHost.ErrorAsync(await router.Client.PostAsJsonAsync(Path, new { model = "mesh", input = new[] { new { type = "item_reference", id = response.GetProperty("output")[0].GetProperty("id").GetString() } } }), 404);
            Use(ann);
            Assert.True((await router.Client.GetAsync(one)).IsSuccessStatusCode);

            void Use(string key) => router.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
        finally
        {
            File.Delete(file);
        }

        string Key(string name)
        {
            using var output = new StringWriter();
            Assert.Equal(0, KeyCommand.Run(["keys", "add", name, "--file", file], output, TextWriter.Null));
            return output.ToString().Trim();
        }
    }

    [Fact]
    public async Task A_conversation_has_an_end()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = "" });
        var last = await router.AskAsync(Path, new { model = "mesh", input = "0" });
        for (var i = 1; i <= 128; i++)
            last = await router.AskAsync(Path, new { model = "mesh", input = $"{i}", previous_response_id = Id(last) });
        var error = await RouterHost.ErrorAsync(await router.Client.PostAsJsonAsync(Path, new { model = "mesh", input = "x", previous_response_id = Id(last) }), 400);
        Assert.Equal("conversation_too_long", error.GetProperty("code").GetString());
    }

    private static string Id(JsonElement response) => response.GetProperty("id").GetString()!;
}
