using Router.Api.Constraints;
using Router.Api.Errors;

namespace Router.Api.Tests.Constraints;

/// <summary>Answers under random schemas, judged by a validator that shares nothing with the compiler.</summary>
public sealed class RandomSchemaTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int Schemas = 2000, Parts = 4, Answers = 3;
    private const double LeastShareKept = 0.8;

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Every_answer_fits_its_schema_or_the_schema_is_refused_by_name(int part)
    {
        var (kept, refused) = (0, new Dictionary<string, int>());
        for (var seed = part; seed < Schemas; seed += Parts)
        {
            var schema = new RandomSchemas(seed).Next().ToJsonString();
            Rule rule;
            try
            {
                rule = Grammar.Compile(schema);
            }
            catch (ApiException e)
            {
                Assert.Equal(400, e.Status);
                Assert.StartsWith("schema", e.Parameter);
                var keyword = $"{e.Code} {e.Parameter!.Split('.')[^1]}: {e.Message[(e.Message.IndexOf("': ", StringComparison.Ordinal) + 3)..]}";
                refused[keyword] = refused.GetValueOrDefault(keyword) + 1;
                continue;
            }
            kept++;
            var validator = Grammar.Validator(schema);
            var random = new Random(seed);
            for (var answer = 0; answer < Answers; answer++)
            {
                var text = RandomWalk.Take(rule, rule.MinBytes + 1 + random.Next(1, 60), random, $"Seed {seed}: {schema}");
                Assert.True(validator.Fits(text), $"Seed {seed}: {text} does not fit {schema}");
            }
        }
        foreach (var (keyword, count) in refused.OrderByDescending(r => r.Value))
            output.WriteLine($"{count} refused for {keyword}");
        output.WriteLine($"{kept} kept.");
        Assert.True(kept >= LeastShareKept * Schemas / Parts, $"Only {kept} of {Schemas / Parts} schemas were kept.");
    }
}
