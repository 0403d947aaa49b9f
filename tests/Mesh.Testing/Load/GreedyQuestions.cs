using System.Net.Http.Json;
using System.Text.Json;

namespace Mesh.Testing.Load;

/// <summary>Questions whose answers at temperature 0 must be the same, token for token, whatever else the machine does: sums and texts in equal number.</summary>
public static class GreedyQuestions
{
    private static readonly string[] Starts =
        ["In the beginning", "The sea is", "How do I list files", "def main", "A lexicon is", "The word of", "To copy a file", "Once upon a time", "The king said", "int x ="];

    private static readonly string[] Ends =
    [
        "the light", "a small house", "water", "the river", "the directory", "an old man", "numbers", "a list", "the sky", "bread", "the law", "a name", "stones",
        "the path", "fire", "the wind", "a friend", "time", "the city", "a door",
    ];

    /// <param name="count">Of each kind, up to 200.</param>
    public static IReadOnlyList<object> Take(int count)
    {
        var random = new Random(7);
        return
        [
            .. Enumerable.Range(0, count).Select(_ => Chat($"What is {random.Next(1, 100)} + {random.Next(1, 100)}?")),
            .. Enumerable.Range(0, count).Select(n => Chat($"{Starts[n % Starts.Length]} {Ends[n / Starts.Length % Ends.Length]}")),
        ];
    }

    /// <summary>The tokens of every answer, asked by so many clients at a time.</summary>
    public static async Task<string[]> AskAsync(HttpClient router, IReadOnlyList<object> questions, int clients, CancellationToken cancellationToken = default)
    {
        var answers = new string[questions.Count];
        await Parallel.ForAsync(0, questions.Count, new ParallelOptions { MaxDegreeOfParallelism = clients, CancellationToken = cancellationToken }, async (n, token) =>
        {
            using var response = await router.PostAsJsonAsync("/v1/chat/completions", questions[n], token);
            response.EnsureSuccessStatusCode();
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>(token);
            answers[n] = string.Join('\u241F', answer.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content").EnumerateArray().Select(t => t.GetProperty("token").GetString()));
        });
        return answers;
    }

    private static object Chat(string question) => new
    {
        model = "mesh", temperature = 0, max_tokens = 40, logprobs = true, messages = new[] { new { role = "user", content = question } },
    };
}
