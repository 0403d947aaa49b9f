using Router.Api.Errors;

namespace Router.Api.Constraints.Schemas;

/// <summary>Why a schema is refused. Each error names the place.</summary>
internal static class SchemaErrors
{
    /// <summary>It is malformed, or nothing fits it.</summary>
    public static ApiException Bad(string path, string why) => ApiErrors.Invalid(path, $"Invalid schema for '{path}': {why}.", "invalid_schema");

    /// <summary>It is well-formed but cannot be kept.</summary>
    public static ApiException Unkept(string path, string why) => ApiErrors.Unsupported(path, $"Invalid schema for '{path}': {why}.");

    public static string Short(string text) => text.Length <= 64 ? text : text[..64] + "...";
}
