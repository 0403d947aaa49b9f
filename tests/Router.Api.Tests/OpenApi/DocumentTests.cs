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
            new HashSet<string> { "/v1/chat/completions", "/v1/completions", "/v1/models", "/v1/models/{id}", "/v1/tokenize", "/v1/detokenize", "/mesh/status", "/mesh/experts", "/mesh/experts/{id}" },
            paths.ToHashSet());
    }

    [Theory]
    [InlineData("ChatCompletionRequest", "/v1/chat/completions", """{"model":"mesh","messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("CompletionRequest", "/v1/completions", """{"model":"mesh","prompt":"x"}""")]
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
            var error = await RouterHost.ErrorAsync(response, 400);
            Assert.StartsWith(field, error.GetProperty("param").GetString());
        }
    }
}
