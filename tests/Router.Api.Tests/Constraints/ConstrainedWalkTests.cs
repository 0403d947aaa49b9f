using System.Text;
using Router.Api.Constraints;

namespace Router.Api.Tests.Constraints;

/// <summary>Every text of a model that knows nothing must end in time and fit.</summary>
public sealed class ConstrainedWalkTests
{
    public static TheoryData<string, int> Schemas => new()
    {
        { "", 12 },
        { "", 200 },
        { """{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150},"tags":{"type":"array","items":{"enum":["a","b"]},"minItems":2}},"required":["name","age","tags"]}""", 60 },
        { """{"type":"object","properties":{"a":{"type":"number","exclusiveMinimum":0.1,"exclusiveMaximum":0.2},"b":{"type":["string","null"],"maxLength":5},"c":{"anyOf":[{"type":"boolean"},{"type":"array","maxItems":3}]}},"required":["a"],"additionalProperties":{"type":"integer"}}""", 50 },
        // Deeper than texts may be, were there no bound.
        { """{"$defs":{"n":{"type":"object","properties":{"l":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"object","properties":{"a":{"type":"array","items":{"$ref":"#/$defs/n"},"minItems":1}},"required":["a"]},{"type":"null"}]}},"required":["l"]}},"$ref":"#/$defs/n"}""", 2000 },
        { """{"type":"array","items":{"type":"string","maxLength":2},"uniqueItems":true,"minItems":12}""", 90 },
        { """{"type":"array","items":{"type":"string","pattern":"^(ab*|é)$"},"uniqueItems":true,"minItems":4}""", 60 },
        { """{"type":"array","items":{"type":"integer","minimum":-5,"maximum":70},"uniqueItems":true,"minItems":60}""", 400 },
        { """{"type":"array","items":{"type":"integer"},"uniqueItems":true,"minItems":30}""", 130 },
        { """{"type":"array","items":{"enum":["a","ab","abc",1,12,null]},"uniqueItems":true,"minItems":6}""", 70 },
        { """{"type":"object","minProperties":12}""", 120 },
        { """{"type":"object","propertyNames":{"pattern":"^[ab]{0,6}$"},"minProperties":9,"maxProperties":10,"additionalProperties":{"type":"null"}}""", 140 },
        { """{"type":"object","properties":{"a":{},"b":{},"c":{},"d":{}},"required":["c"],"minProperties":3,"maxProperties":3}""", 40 },
        { """{"$defs":{"n":{"type":"object","properties":{"v":{"type":"integer"},"l":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}},"required":["v","l"]}},"$ref":"#/$defs/n"}""", 40 },
    };

    [Theory, MemberData(nameof(Schemas))]
    public void Random_texts_end_in_time_parse_and_fit(string schema, int maxTokens)
    {
        var rule = schema.Length == 0 ? JsonRules.AnyObject : Grammar.Compile(schema);
        for (var seed = 0; seed < 20; seed++)
        {
            var text = RandomWalk.Take(rule, maxTokens, new Random(seed), schema);
            Assert.True(Grammar.Validator(schema.Length == 0 ? "{}" : schema).Fits(text), text);
            var machine = new JsonMachine(rule);
            Assert.All(Encoding.UTF8.GetBytes(text), b => Assert.True(machine.Feed(b)));
            Assert.True(machine.IsComplete);
        }
    }
}
