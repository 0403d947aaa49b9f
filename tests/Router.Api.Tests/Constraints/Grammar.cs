using System.Text;
using System.Text.Json;
using Json.Schema;
using Router.Api.Constraints;

namespace Router.Api.Tests.Constraints;

/// <summary>Schemas, the texts that their grammars admit, and what a validator of its own says.</summary>
internal static class Grammar
{
    private static readonly EvaluationOptions Formats = new() { RequireFormatValidation = true };

    public static Rule Compile(string schema) => SchemaCompiler.Compile(JsonDocument.Parse(schema).RootElement, "schema");

    /// <summary>Whether the text is one of the grammar.</summary>
    /// <param name="isExact">Distances are, too: unique items are reckoned with at their longest.</param>
    public static bool Accepts(Rule rule, string text, bool isExact = true)
    {
        var machine = new JsonMachine(rule);
        foreach (var next in Encoding.UTF8.GetBytes(text))
        {
            var before = machine.Distance;
            if (!machine.Feed(next))
                return false;
            Assert.True(!isExact || before - machine.Distance <= 1, $"One byte cannot bring the end nearer by {before - machine.Distance}.");
        }
        Assert.Equal(machine.IsComplete, machine.Distance == 0);
        return machine.IsComplete;
    }

    public static JsonSchema Validator(string schema) => JsonSchema.FromText(schema, new() { Dialect = Dialect.Draft202012, SchemaRegistry = new() });

    public static bool Fits(this JsonSchema schema, string text) => schema.Evaluate(JsonDocument.Parse(text).RootElement, Formats).IsValid;
}
