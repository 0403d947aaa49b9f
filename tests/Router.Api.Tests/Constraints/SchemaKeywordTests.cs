namespace Router.Api.Tests.Constraints;

/// <summary>The keywords that combine schemas or ask for more than a type: what the grammar admits, and that a validator agrees.</summary>
public sealed class SchemaKeywordTests
{
    [Theory]
    // allOf and siblings
    [InlineData("""{"allOf":[{"type":"object","properties":{"a":{"type":"boolean"}},"required":["a"]},{"type":"object","properties":{"b":{"type":"boolean"}},"required":["b"]}]}""",
        """{"a":true,"b":false}""", """{} {"a":true} {"a":1,"b":true}""")]
    [InlineData("""{"type":"integer","allOf":[{"minimum":3},{"maximum":5}],"anyOf":[{"multipleOf":2},{"const":5}]}""", "4 5", "3 2 6")]
    [InlineData("""{"allOf":[{"anyOf":[{"type":"string"},{"type":"integer"}]},{"anyOf":[{"minLength":2},{"minimum":5}]}]}""", "\"ab\" 5", "\"a\" null true")]
    [InlineData("""{"$ref":"#/$defs/n","maximum":3,"$defs":{"n":{"type":"integer","minimum":1}}}""", "1 3", "0 4")]
    [InlineData("""{"allOf":[{"$ref":"#/$defs/t"},{"properties":{"v":{"maximum":9}}}],"$defs":{"t":{"type":"object","properties":{"v":{"type":"integer"},"n":{"anyOf":[{"$ref":"#/$defs/t"},{"type":"null"}]}},"required":["v"],"additionalProperties":false}}}""",
        """{"v":9} {"v":1,"n":{"v":100}}""", """{"v":10} {"n":null}""")]
    // not
    [InlineData("""{"type":"string","maxLength":5,"not":{"const":"x"}}""", "\"\" \"xx\" \"y\"", "\"x\" \"abcdef\"")]
    [InlineData("""{"type":["integer","string","null"],"not":{"enum":[3,"a",null]}}""", "2 4 \"b\" 33", "3 \"a\" null")]
    [InlineData("""{"type":["integer","string"],"not":{"type":"string"}}""", "1", "\"a\"")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"not":{"required":["a"]}}""", """{} {"b":1}""", """{"a":1} {"a":1,"b":1}""")]
    [InlineData("""{"type":"array","items":{"type":"integer","maximum":9},"not":{"const":[1,2]}}""", "[] [1] [2,1] [1,2,3]", "[1,2]")]
    [InlineData("""{"type":"number","not":{"type":"integer"}}""", "0.25 -1.5", "1 2 0")]
    // oneOf: exactly one
    [InlineData("""{"oneOf":[{"type":"integer","minimum":0},{"type":"integer","maximum":5}]}""", "-1 6", "0 5 3")]
    [InlineData("""{"oneOf":[{"type":"object","properties":{"k":{"const":"a"},"x":{"type":"integer"}},"required":["k","x"],"additionalProperties":false},{"type":"object","properties":{"k":{"const":"b"}},"required":["k"],"additionalProperties":false}]}""",
        """{"k":"a","x":1} {"k":"b"}""", """{"k":"a"} {"k":"b","x":1}""")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number","minimum":2}]}""", "1 -5 2.5", "2 3 1.5")]
    // if
    [InlineData("""{"type":"object","properties":{"k":{"enum":["a","b"]},"v":{}},"required":["k"],"if":{"properties":{"k":{"const":"a"}},"required":["k"]},"then":{"properties":{"v":{"type":"integer"}},"required":["v"]},"else":{"properties":{"v":{"type":"null"}}}}""",
        """{"k":"a","v":1} {"k":"b"} {"k":"b","v":null}""", """{"k":"a"} {"k":"a","v":null} {"k":"b","v":1}""")]
    // enum beside others
    [InlineData("""{"type":"integer","enum":["x",1,2.5,7],"maximum":5}""", "1", "\"x\" 7 2.5")]
    [InlineData("""{"const":1.0,"type":"integer"}""", "1.0", "2")]
    // arrays
    [InlineData("""{"type":"array","prefixItems":[{"type":"boolean"},{"type":"integer"}],"items":false,"minItems":2}""", "[true,1]", "[] [true] [1,true] [true,1,2]")]
    [InlineData("""{"type":"array","prefixItems":[{"type":"boolean"}],"items":{"type":"null"}}""", "[] [true] [true,null,null]", "[null] [true,1]")]
    [InlineData("""{"type":"array","items":{"type":"integer"},"contains":{"minimum":5},"maxContains":1}""", "[7] [5,1,2]", "[] [1] [7,8]")]
    // objects
    [InlineData("""{"type":"object","minProperties":1,"maxProperties":2,"properties":{"a":{"type":"null"},"b":{"type":"null"},"c":{"type":"null"}}}""",
        """{"a":null} {"a":null,"c":null} {"c":null}""", """{} {"a":null,"b":null,"c":null}""")]
    [InlineData("""{"type":"object","patternProperties":{"^x":{"type":"integer"},"y$":{"minimum":5}},"additionalProperties":false,"properties":{"xa":{"maximum":9}}}""",
        """{} {"xa":3} {"xb":4} {"xy":5} {"zy":5}""", """{"xa":10} {"xy":4} {"z":1} {"xb":null}""")]
    [InlineData("""{"type":"object","propertyNames":{"enum":["a","b"]},"additionalProperties":{"type":"integer"}}""", """{} {"a":1} {"a":1,"b":2}""", """{"c":1} {"a":null}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"null"},"b":{"type":"null"}},"dependentRequired":{"a":["b"]}}""", """{} {"b":null} {"a":null,"b":null}""", """{"a":null}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"null"},"b":{}},"dependentSchemas":{"a":{"properties":{"b":{"type":"integer"}},"required":["b"]}}}""", """{"b":null} {"a":null,"b":1}""", """{"a":null} {"a":null,"b":null}""")]
    [InlineData("""{"type":"object","properties":{"a":false,"b":{"type":"null"}}}""", """{} {"b":null}""", """{"a":1}""")]
    [InlineData("""{"type":"object","required":["a"],"additionalProperties":{"type":"integer"}}""", """{"a":1}""", """{} {"a":null}""")]
    // references
    [InlineData("""{"type":"object","properties":{"l":{"anyOf":[{"type":"string","maxLength":3},{"type":"null"}]},"r":{"$ref":"#/properties/l/anyOf/0"}},"required":["r"]}""", """{"r":"abc"} {"l":null,"r":""}""", """{"r":null} {"r":"abcd"}""")]
    [InlineData("""{"$ref":"#/%24defs/a~1b%25","$defs":{"a/b%":{"type":"null"}}}""", "null", "1")]
    [InlineData("""{"$ref":"#here","$defs":{"x":{"$anchor":"here","type":"null"}}}""", "null", "1")]
    [InlineData("""{"$id":"https://example.org/s","$ref":"https://example.org/s#/$defs/x","$defs":{"x":{"type":"null"}}}""", "null", "1")]
    // what says nothing about values
    [InlineData("""{"type":"array","items":{"type":"boolean"},"minItems":1,"maxItems":2,"x-vendor":1,"title":"t","default":[],"examples":[1],"$comment":"c","deprecated":true,"readOnly":true,"contentMediaType":"text/plain"}""", "[true] [true,false]", "[] [1] [true,true,true]")]
    [InlineData("""{"type":"string","format":"color"}""", "\"red\"", "1")]
    // keywords without a type mean that type
    [InlineData("""{"minimum":3,"maximum":4}""", "3 4", "2 5")]
    [InlineData("""{"anyOf":[{},{"type":"null"}]}""", "1 null \"a\" {}", "")]
    public void A_keyword_is_kept(string schema, string good, string bad)
    {
        var (rule, validator) = (Grammar.Compile(schema), Grammar.Validator(schema));
        foreach (var text in good.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            Assert.True(validator.Fits(text) && Grammar.Accepts(rule, text), $"{text} fits.");
        foreach (var text in bad.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            Assert.False(Grammar.Accepts(rule, text), $"{text} does not fit.");
    }

    [Theory]
    [InlineData("""{"type":"array","items":{"enum":[1,2,1.0]},"uniqueItems":true,"minItems":2}""", "[1,2] [2,1]", "[1,1] [1] [1,2,1]")]
    [InlineData("""{"type":"array","items":{"type":"string"},"uniqueItems":true}""", "[] [\"a\"] [\"a\",\"b\",\"ab\"] [\"\",\"é\\n\"]", "[\"a\",\"a\"] [\"é\\n\",\"é\\n\"]")]
    [InlineData("""{"type":"array","items":{"type":"string","pattern":"^a?b?$"},"uniqueItems":true,"minItems":4}""", "[\"\",\"a\",\"ab\",\"b\"]", "[\"a\",\"b\",\"ab\"] [\"\",\"a\",\"ab\",\"a\"]")]
    [InlineData("""{"type":"array","items":{"type":"integer"},"uniqueItems":true}""", "[] [1,12,-1,0]", "[1,1] [0,-0] [12,1,12]")]
    [InlineData("""{"type":"array","prefixItems":[{"type":"boolean"},{"type":"boolean"}],"items":false,"uniqueItems":true}""", "[] [true]", "[true,true]")]
    [InlineData("""{"type":"array","items":{"enum":[1,2,3]},"contains":{"const":2},"uniqueItems":true}""", "[2] [2,1,3]", "[] [1] [2,2]")]
    [InlineData("""{"type":"array","items":{"type":"array","items":{"type":"string"},"uniqueItems":true},"minItems":2}""", "[[\"a\"],[\"a\",\"b\"]]", "[[\"a\",\"a\"],[]]")]
    [InlineData("""{"type":"object","propertyNames":{"pattern":"^k\\d+$"},"additionalProperties":{"type":"integer"}}""", """{} {"k1":1,"k22":2}""", """{"a":1} {"k1":1,"k1":2}""")]
    public void Unique_items_and_keys_never_come_twice(string schema, string good, string bad)
    {
        var (rule, validator) = (Grammar.Compile(schema), Grammar.Validator(schema));
        foreach (var text in good.Split(' '))
            Assert.True(validator.Fits(text) && Grammar.Accepts(rule, text, isExact: false), $"{text} fits.");
        foreach (var text in bad.Split(' '))
            Assert.False(Grammar.Accepts(rule, text, isExact: false), $"{text} does not fit.");
    }

    [Theory]
    [InlineData("""{"type":"array","items":[{"type":"boolean"},{"type":"null"}],"additionalItems":{"type":"integer"}}""", "[true] [true,null,1]", "[null] [true,null,null]")]
    [InlineData("""{"type":"integer","minimum":3,"exclusiveMinimum":true,"maximum":5,"exclusiveMaximum":false}""", "4 5", "3 6")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"null"},"b":{"type":"null"}},"dependencies":{"a":["b"]}}""", """{} {"a":null,"b":null}""", """{"a":null}""")]
    [InlineData("""{"definitions":{"x":{"$id":"#here","type":"null"}},"$ref":"#here"}""", "null", "1")]
    public void Earlier_drafts_are_read(string schema, string good, string bad)
    {
        var rule = Grammar.Compile(schema);
        Assert.All(good.Split(' '), text => Assert.True(Grammar.Accepts(rule, text), text));
        Assert.All(bad.Split(' '), text => Assert.False(Grammar.Accepts(rule, text), text));
    }
}
