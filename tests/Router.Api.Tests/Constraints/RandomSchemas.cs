using System.Text.Json.Nodes;

namespace Router.Api.Tests.Constraints;

/// <summary>Schemas of all keywords that are kept, in combinations as clients send them and stranger ones. Equal seeds make equal schemas.</summary>
internal sealed class RandomSchemas(int seed)
{
    private static readonly string[] Names = ["a", "b", "c", "kind", "a b", "é\"", "x-1"];
    private static readonly string[] Formats =
    [
        "date", "time", "date-time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri", "uri-reference", "iri", "iri-reference", "uuid", "uri-template",
        "json-pointer", "relative-json-pointer", "regex", "color",
    ];
    private static readonly string[] Patterns =
        ["^[a-c]{1,4}$", "b", "^\\d{2,3}-[A-Z]+$", "^(x|yz)*$", "^\\p{Lu}\\p{L}{0,5}$", "^(?!a).{1,6}$", "^[^\\s\"]+$", "^$|^q$", "(?=.*\\d)[a-z\\d]{2,5}$", "^\\w+\\.\\w+$"];
    private static readonly string[] KeyPatterns = ["^x", "^[a-d]$", "_id$", "^\\d+$"];

    private readonly Random _random = new(seed);

    public JsonObject Next()
    {
        var schema = Schema(_random.Next(1, 4));
        if (Chance(0.2))
            schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
        schema["$defs"] = new JsonObject
        {
            ["small"] = Typed(0),
            ["tree"] = new JsonObject
            {
                ["type"] = "object", ["properties"] = new JsonObject { ["v"] = Typed(0), ["next"] = new JsonObject { ["anyOf"] = new JsonArray(Ref("#/$defs/tree"), new JsonObject { ["type"] = "null" }) } },
                ["required"] = new JsonArray("v", "next"), ["additionalProperties"] = false,
            },
            ["named"] = With(Typed(0), "$anchor", "spot"),
        };
        return schema;
    }

    private JsonObject Schema(int depth) => _random.Next(depth > 0 ? 14 : 6) switch
    {
        0 => Chance(0.5) ? new JsonObject { ["enum"] = Constants(_random.Next(1, 5)) } : new JsonObject { ["const"] = Constant() },
        1 => Ref(Pick("#/$defs/small", "#/$defs/tree", "#spot", "#/%24defs/small", "#/$defs/tree/properties/next/anyOf/1")),
        6 => new JsonObject { [Pick("anyOf", "anyOf", "oneOf")] = Several(1, 3, () => Schema(depth - 1)) },
        7 => new JsonObject { ["allOf"] = new JsonArray(Object(depth - 1), Object(depth - 1)) },
        8 => Mixed(depth - 1),
        9 => Tagged(depth - 1),
        10 => Conditional(depth - 1),
        _ => Typed(depth),
    };

    private JsonObject Typed(int depth) => _random.Next(depth > 0 ? 10 : 6) switch
    {
        0 or 1 => Number(),
        2 or 3 => Text(),
        4 => new JsonObject { ["type"] = Pick("boolean", "null") },
        5 => With(With(Text(), "type", new JsonArray("string", "null", "integer")), "title", "Some"),
        6 or 7 => Array(depth - 1),
        _ => Object(depth - 1),
    };

    private JsonObject Number()
    {
        var schema = new JsonObject { ["type"] = Pick("integer", "number") };
        var least = Math.Round((_random.NextDouble() - 0.5) * Math.Pow(10, _random.Next(0, 6)), _random.Next(0, 3));
        if (Chance(0.5))
            schema[Pick("minimum", "exclusiveMinimum")] = least;
        if (Chance(0.5))
            schema[Pick("maximum", "exclusiveMaximum")] = least + _random.Next(1, 50);
        if (Chance(0.25))
            schema["multipleOf"] = (JsonNode)Pick<double>(2, 5, 0.5, 0.01, 3, 0.1, 7);
        if (Chance(0.1))
            schema["not"] = new JsonObject { ["const"] = _random.Next(0, 5) };
        return schema;
    }

    private JsonObject Text()
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (Chance(0.3))
            schema["minLength"] = _random.Next(0, 4);
        if (Chance(0.4))
            schema["maxLength"] = _random.Next(4, 12);
        if (Chance(0.35))
            schema["pattern"] = Pick(Patterns);
        else if (Chance(0.3))
            return new JsonObject { ["type"] = "string", ["format"] = Pick(Formats) };
        if (Chance(0.15))
            schema["not"] = new JsonObject { [Pick("enum")] = new JsonArray("x", "ab") };
        return schema;
    }

    private JsonObject Array(int depth)
    {
        var schema = new JsonObject { ["type"] = "array" };
        if (Chance(0.8))
            schema["items"] = Schema(depth);
        if (Chance(0.3))
            schema["prefixItems"] = Several(1, 3, () => Schema(depth));
        if (Chance(0.15) && schema.ContainsKey("prefixItems"))
            schema["items"] = false;
        if (Chance(0.4))
            schema["minItems"] = _random.Next(0, 4);
        if (Chance(0.4))
            schema["maxItems"] = _random.Next(2, 6);
        if (Chance(0.25))
            schema["uniqueItems"] = true;
        if (Chance(0.15))
        {
            schema["contains"] = Schema(0);
            if (Chance(0.3))
                schema["minContains"] = _random.Next(0, 3);
            if (Chance(0.3))
                schema["maxContains"] = _random.Next(2, 4);
        }
        return schema;
    }

    private JsonObject Object(int depth)
    {
        var schema = new JsonObject { ["type"] = "object" };
        var names = Names.OrderBy(_ => _random.Next()).Take(_random.Next(0, 4)).ToArray();
        if (names.Length > 0)
            schema["properties"] = new JsonObject(names.Select(n => KeyValuePair.Create(n, Chance(0.05) ? (JsonNode?)Chance(0.7) : Schema(Math.Max(0, depth)))));
        if (Chance(0.7))
            schema["required"] = new JsonArray([.. names.Where(_ => Chance(0.7)).Select(n => (JsonNode)n), .. Chance(0.1) ? [(JsonNode)"more"] : System.Array.Empty<JsonNode>()]);
        if (Chance(0.5))
            schema["additionalProperties"] = Chance(0.6) ? (JsonNode)Chance(0.2) : Schema(0);
        if (Chance(0.15))
            schema["patternProperties"] = new JsonObject { [Pick(KeyPatterns)] = Schema(0), [Pick(KeyPatterns) + "|^zz$"] = Schema(0) };
        if (Chance(0.1))
            schema["propertyNames"] = Pick(new JsonObject { ["pattern"] = "^[a-z]+$" }, new JsonObject { ["maxLength"] = 4 }, new JsonObject { ["enum"] = new JsonArray("a", "b", "c", "kind", "d") });
        if (Chance(0.15))
            schema["minProperties"] = _random.Next(0, 4);
        if (Chance(0.15))
            schema["maxProperties"] = _random.Next(2, 5);
        if (Chance(0.1))
            schema["dependentRequired"] = new JsonObject { [Pick(Names)] = new JsonArray(Pick(Names)) };
        if (Chance(0.06))
            schema["dependentSchemas"] = new JsonObject { [Pick(Names)] = Object(0) };
        if (Chance(0.06))
            schema["not"] = new JsonObject { ["required"] = new JsonArray(Pick(Names)) };
        return schema;
    }

    /// <summary>Keywords of several kinds beside one another.</summary>
    private JsonObject Mixed(int depth)
    {
        var schema = Typed(depth);
        if (Chance(0.4))
            schema["anyOf"] = Several(1, 3, () => Chance(0.5) ? Schema(0) : Typed(depth));
        if (Chance(0.3))
            schema["enum"] = Constants(6);
        if (Chance(0.2))
            schema["$ref"] = Pick("#/$defs/small", "#/$defs/tree");
        if (Chance(0.3))
            schema["not"] = Pick(new JsonObject { ["type"] = "null" }, new JsonObject { ["enum"] = Constants(3) }, new JsonObject { ["minimum"] = 3 }, new JsonObject { ["maxLength"] = 2 },
                new JsonObject { ["minItems"] = 2 }, new JsonObject { ["pattern"] = "^a" });
        if (Chance(0.3))
            schema["x-vendor"] = 1;
        return schema;
    }

    private JsonObject Tagged(int depth) => new()
    {
        [Pick("oneOf", "anyOf")] = new JsonArray([.. new[] { "one", "two", "three" }.Take(_random.Next(2, 4)).Select(tag => (JsonNode)new JsonObject
        {
            ["type"] = "object", ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["const"] = tag }, ["v"] = Schema(depth) },
            ["required"] = new JsonArray("kind", "v"), ["additionalProperties"] = false,
        })]),
    };

    private JsonObject Conditional(int depth)
    {
        var schema = new JsonObject
        {
            ["type"] = "object", ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["enum"] = new JsonArray("one", "two", 3) }, ["v"] = Schema(depth) }, ["required"] = new JsonArray("kind"),
            ["if"] = new JsonObject { ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["const"] = "one" } }, ["required"] = new JsonArray("kind") },
            ["then"] = new JsonObject { ["required"] = new JsonArray("v") },
        };
        if (Chance(0.5))
            schema["else"] = new JsonObject { ["properties"] = new JsonObject { ["v"] = Typed(0) } };
        return schema;
    }

    private JsonArray Constants(int count) => new([.. Enumerable.Range(0, count).Select(_ => Constant())]);

    private JsonNode? Constant() => _random.Next(8) switch
    {
        0 => null,
        1 => Chance(0.5),
        2 => _random.Next(-3, 10),
        3 => _random.Next(0, 20) / 4.0,
        4 => new JsonArray(1, "a"),
        5 => new JsonObject { ["a"] = _random.Next(0, 3) },
        _ => Pick("one", "two", "ab", "x", "2024-01-31"),
    };

    private JsonArray Several(int least, int most, Func<JsonNode> make) => new([.. Enumerable.Range(0, _random.Next(least, most + 1)).Select(_ => make())]);

    private static JsonObject Ref(string place) => new() { ["$ref"] = place };

    private static JsonObject With(JsonObject schema, string keyword, JsonNode value)
    {
        schema[keyword] = value;
        return schema;
    }

    private bool Chance(double share) => _random.NextDouble() < share;

    private T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];
}
