using System.Text;
using System.Text.Json;
using Mesh.Ensemble.Sampling;
using Router.Api.Constraints;

namespace Router.Api.Tests.Constraints;

/// <summary>A model that knows nothing, held by a constraint: every text must end in time and fit.</summary>
public sealed class ConstrainedWalkTests
{
    private static readonly PieceIndex Pieces = new(FakeExperts.Tokenizer);

    public static TheoryData<string, int> Schemas => new()
    {
        { "", 12 },
        { "", 200 },
        { """{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150},"tags":{"type":"array","items":{"enum":["a","b"]},"minItems":2}},"required":["name","age","tags"]}""", 60 },
        { """{"type":"object","properties":{"a":{"type":"number","exclusiveMinimum":0.1,"exclusiveMaximum":0.2},"b":{"type":["string","null"],"maxLength":5},"c":{"anyOf":[{"type":"boolean"},{"type":"array","maxItems":3}]}},"required":["a"],"additionalProperties":{"type":"integer"}}""", 50 },
        { """{"$defs":{"n":{"type":"object","properties":{"v":{"type":"integer"},"l":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}},"required":["v","l"]}},"$ref":"#/$defs/n"}""", 40 },
    };

    [Theory, MemberData(nameof(Schemas))]
    public void Random_texts_end_in_time_parse_and_fit(string schema, int maxTokens)
    {
        var rule = schema.Length == 0 ? JsonRules.AnyObject : SchemaCompiler.Compile(JsonDocument.Parse(schema).RootElement, "schema");
        for (var seed = 0; seed < 60; seed++)
        {
            var text = Walk(new JsonTokenConstraint(FakeExperts.Tokenizer, Pieces, rule, maxTokens), new Random(seed), maxTokens);
            JsonDocument.Parse(text);
            var machine = new JsonMachine(rule);
            Assert.All(Encoding.UTF8.GetBytes(text), b => Assert.True(machine.Feed(b)));
            Assert.True(machine.IsComplete);
        }
    }

    /// <summary>As the sampler does: some listed candidates, the constraint's own proposals when none may come.</summary>
    private static string Walk(ITokenConstraint constraint, Random random, int maxTokens)
    {
        var tokenizer = FakeExperts.Tokenizer;
        var tokens = new List<int>();
        for (var left = maxTokens; left > 0; left--)
        {
            var listed = Enumerable.Range(0, 40).Select(_ => random.Next(tokenizer.VocabularySize)).Append(tokenizer.EndTokens.First()).Where(constraint.Allows).ToArray();
            if (listed.Length == 0)
                listed = constraint.Propose().ToArray();
            Assert.NotEmpty(listed);
            var next = listed[random.Next(listed.Length)];
            Assert.True(constraint.Allows(next));
            if (tokenizer.EndTokens.Contains(next))
                return tokenizer.Decode(tokens.ToArray());
            constraint.Accept(next);
            tokens.Add(next);
        }
        Assert.Fail($"It did not end: {tokenizer.Decode(tokens.ToArray())}");
        return "";
    }
}
