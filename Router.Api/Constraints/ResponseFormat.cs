using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Constraints;

/// <summary>Reads <c>response_format</c>.</summary>
internal static class ResponseFormat
{
    private enum Kind { Text, JsonObject, JsonSchema }

    /// <summary>The grammar of the answer, or null for free text.</summary>
    public static Rule? Read(in JsonFields body)
    {
        if (body.Object("response_format") is not { } format)
            return null;
        var kind = format.OneOf("type", ("text", Kind.Text), ("json_object", Kind.JsonObject), ("json_schema", Kind.JsonSchema)) ?? throw ApiErrors.Missing("response_format.type");
        if (kind != Kind.JsonSchema)
            return kind == Kind.Text ? null : JsonRules.AnyObject;
        var schema = format.Object("json_schema") ?? throw ApiErrors.Missing("response_format.json_schema");
        _ = schema.RequiredText("name", 64);
        return schema.TryGet("schema", out var element)
            ? Compile(element, schema.Path("schema"), schema.Flag("strict"))
            : JsonRules.AnyObject;
    }

    /// <summary>Where the client did not insist (<c>strict</c>), a schema that cannot be promised is taken as "an object".</summary>
    public static Rule Compile(System.Text.Json.JsonElement schema, string path, bool strict)
    {
        try
        {
            return SchemaCompiler.Compile(schema, path);
        }
        catch (ApiException e) when (!strict && e.Code == ApiErrors.UnsupportedValue)
        {
            return JsonRules.AnyObject;
        }
    }
}
