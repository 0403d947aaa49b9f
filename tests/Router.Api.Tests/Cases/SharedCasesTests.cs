using Mesh.Testing;
using System.Text;
using System.Text.Json;
using Json.Schema;
using Router.Api.Tests.Constraints;

namespace Router.Api.Tests.Cases;

/// <summary>Requests of other people's bug reports, as ../shared/cases lists them beside the checkout, each with what is to be expected in words.</summary>
public sealed class SharedCasesTests
{
    private const string NotRight = "the answer is not 42";
    private static readonly string File = Path.Combine(Checkout.Root, "..", "shared", "cases", "openai-requests.jsonl");

    [SkippableFact]
    public async Task Every_case_is_answered_as_expected()
    {
        Skip.IfNot(System.IO.File.Exists(File), "There is no ../shared/cases beside the checkout.");
        await using var router = await RouterHost.StartRealAsync(["arithmetic"]);
        var faults = new List<string>();
        var cases = 0;
        foreach (var line in await System.IO.File.ReadAllLinesAsync(File))
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            var given = JsonDocument.Parse(line).RootElement;
            cases++;
            string? fault;
            var tries = 0;
            // Those that say no temperature are sampled: the expert that can add is right nearly always.
            do
            {
                var (status, text) = await AskAsync(router, given);
                fault = Fault(given.GetProperty("body"), given.GetProperty("expect").GetString()!, status, text) is { } wrong ? $"{wrong}\n  {status} {text}" : null;
            }
            while (fault?.StartsWith(NotRight, StringComparison.Ordinal) == true && ++tries < 5);
            if (fault is not null)
                faults.Add($"{given.GetProperty("name").GetString()}: {fault}");
        }
        Assert.True(faults.Count == 0, $"{faults.Count} of {cases}:\n{string.Join('\n', faults)}");
    }

    private static async Task<(int Status, string Text)> AskAsync(RouterHost router, JsonElement given)
    {
        using var content = new StringContent(given.GetProperty("body").GetRawText(), Encoding.UTF8, "application/json");
        if (given.TryGetProperty("headers", out var headers))
            foreach (var header in headers.EnumerateObject())
                content.Headers.Add(header.Name, header.Value.GetString());
        using var response = await router.Client.PostAsync(given.GetProperty("path").GetString(), content);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>What is wrong with an answer, or null.</summary>
    private static string? Fault(JsonElement body, string expect, int status, string text)
    {
        if (expect.Contains("[DONE]"))
            return status == 200 && text.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal) ? null : "no whole stream";
        var answer = JsonDocument.Parse(text).RootElement;
        if (status == 400)
            return !expect.Contains("400") ? "refused"
                : answer.GetProperty("error").GetProperty("message").GetString() is not { Length: > 10 } message ? "an error without words"
                : expect.Contains("names the keyword") && !$"{message} {answer.GetProperty("error").GetProperty("param")}".Contains("pattern") ? "the keyword is not named"
                : null;
        if (status != 200 || expect.StartsWith("400", StringComparison.Ordinal))
            return $"status {status}";
        if (expect.Contains("42") || expect.Contains("goes on"))
            return text.Contains("42") ? null : NotRight;
        if (!answer.TryGetProperty("choices", out var choices))
            return null;
        var message200 = choices[0].GetProperty("message");
        return message200.TryGetProperty("tool_calls", out var calls) ? CallsFault(body, calls) : ContentFault(body, message200.GetProperty("content").GetString()!);
    }

    private static string? CallsFault(JsonElement body, JsonElement calls)
    {
        foreach (var call in calls.EnumerateArray().Select(c => c.GetProperty("function")))
        {
            var tool = body.GetProperty("tools").EnumerateArray().Select(t => t.GetProperty("function")).Single(f => f.GetProperty("name").GetString() == call.GetProperty("name").GetString());
            var arguments = call.GetProperty("arguments").GetString()!;
            if (tool.TryGetProperty("parameters", out var schema) ? !Grammar.Validator(schema.GetRawText()).Fits(arguments) : arguments != "{}")
                return $"arguments {arguments}";
        }
        return null;
    }

    private static string? ContentFault(JsonElement body, string content)
    {
        if (!body.TryGetProperty("response_format", out var format))
            return null;
        var holder = format.TryGetProperty("json_schema", out var named) ? named : format;
        return !holder.TryGetProperty("schema", out var schema) || Grammar.Validator(schema.GetRawText()).Fits(content) ? null : $"content {content}";
    }
}
