using System.Net.Http.Json;
using System.Text.Json;

namespace Router.Api.Tests.OpenApi;

public sealed class DocumentTests
{
    [Fact]
    public async Task The_document_names_every_path()
    {
        await using var router = await RouterHost.StartAsync();
        var document = await router.Client.GetFromJsonAsync<JsonElement>("/openapi/v1.json");
        Assert.StartsWith("3.", document.GetProperty("openapi").GetString());
        var paths = document.GetProperty("paths").EnumerateObject().Select(p => p.Name).ToArray();
        Assert.Superset(
            new HashSet<string> { "/v1/chat/completions", "/v1/completions", "/v1/models", "/v1/models/{id}", "/v1/responses", "/v1/responses/{id}", "/v1/responses/{id}/input_items", "/v1/messages", "/v1/messages/count_tokens", "/v1/tokenize", "/v1/detokenize", "/mesh/status", "/mesh/observations", "/mesh/experts", "/mesh/experts/{id}" },
            paths.ToHashSet());
    }

    [Theory]
    [InlineData("ChatCompletionRequest", "/v1/chat/completions", """{"model":"mesh","messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("CompletionRequest", "/v1/completions", """{"model":"mesh","prompt":"x"}""")]
    [InlineData("ResponsesRequest", "/v1/responses", """{"model":"mesh","input":"x"}""")]
    [InlineData("MessagesRequest", "/v1/messages", """{"model":"mesh","max_tokens":1,"messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("CountTokensRequest", "/v1/messages/count_tokens", """{"model":"mesh","messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("RegisterExpertRequest", "/mesh/experts", """{"id":"x","model_path":"x"}""")]
    public async Task Every_documented_field_is_read_and_checked(string schema, string path, string good)
    {
        await using var router = await RouterHost.StartAsync();
        var document = await router.Client.GetFromJsonAsync<JsonElement>("/openapi/v1.json");
        var fields = document.GetProperty("components").GetProperty("schemas").GetProperty(schema).GetProperty("properties").EnumerateObject().Select(p => p.Name).ToArray();
        Assert.NotEmpty(fields);
        foreach (var field in fields)
        {
            var body = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(good)!;
            body[field] = JsonDocument.Parse("[{}]").RootElement;   // right for none of them
            using var response = await router.Client.PostAsJsonAsync(path, body);
            Assert.Equal(400, (int)response.StatusCode);
            var error = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
            // Anthropic's errors name the field in the message alone.
            if (error.TryGetProperty("param", out var param))
                Assert.StartsWith(field, param.GetString());
            else
                Assert.Contains($"'{field}", error.GetProperty("message").GetString());
        }
    }

    [Fact]
    public async Task Every_operation_tells_its_answer_and_its_errors()
    {
        await using var router = await RouterHost.StartAsync();
        var document = await router.Client.GetFromJsonAsync<JsonElement>("/openapi/v1.json");
        foreach (var path in document.GetProperty("paths").EnumerateObject())
            foreach (var operation in path.Value.EnumerateObject())
            {
                var responses = operation.Value.GetProperty("responses");
                Assert.All(operation.Value.GetProperty("responses").EnumerateObject().Select(r => r.Name).Where(r => r[0] != '2').Union(["400", "401", "429", "503"]), status => Assert.True(HasSchema(responses, status), $"{operation.Name} {path.Name} {status}"));
                Assert.True(responses.TryGetProperty("204", out _) || HasSchema(responses, "200") || HasSchema(responses, "202"), $"{operation.Name} {path.Name}");
            }
        Assert.True(document.GetProperty("components").GetProperty("schemas").GetProperty("ExpertView").GetProperty("properties").TryGetProperty("active_sessions", out _));
        Assert.True(document.GetProperty("components").TryGetProperty("securitySchemes", out _));

        static bool HasSchema(JsonElement responses, string status) =>
            responses.TryGetProperty(status, out var response) && response.GetProperty("content").GetProperty("application/json").TryGetProperty("schema", out _);
    }
}
