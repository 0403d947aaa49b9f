using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Constraints;

/// <summary>Reads <c>response_format</c>. A schema is kept whole or refused, with <c>strict</c> or without.</summary>
internal static class ResponseFormat
{
    private enum Kind { Text, JsonObject, JsonSchema }

    /// <summary>The grammar of the answer, or null for free text.</summary>
    public static Rule? Read(in JsonFields body)
    {
        if (body.Object("response_format") is not { } format)
            return null;
        var kind = format.OneOf("type", ("text", Kind.Text), ("json_object", Kind.JsonObject), ("json_schema", Kind.JsonSchema)) ?? throw ApiErrors.Missing("response_format.type");
        if (kind == Kind.Text)
            return null;
        var holder = format;
        if (kind == Kind.JsonSchema)
        {
            holder = format.Object("json_schema") ?? throw ApiErrors.Missing("response_format.json_schema");
            _ = holder.RequiredText("name", 64);
        }
        if (holder.TryGet("schema", out var schema))
            return SchemaCompiler.Compile(schema, holder.Path("schema"));
        return kind == Kind.JsonSchema && holder.Flag("strict") ? throw ApiErrors.Missing(holder.Path("schema")) : JsonRules.AnyObject;
    }
}
