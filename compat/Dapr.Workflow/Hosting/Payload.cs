using System.Text.Json;

namespace Dapr.Workflow.Hosting;

/// <summary>Payloads are JSON text in the form of the official SDK; a missing or empty text is null.</summary>
internal static class Payload
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { IncludeFields = true };

    public static string? Write(object? value) => value is null ? null : JsonSerializer.Serialize(value, value.GetType(), Json);

    public static T? Read<T>(string? text) => string.IsNullOrEmpty(text) ? default : JsonSerializer.Deserialize<T>(text, Json);

    /// <summary>Never null for a value type.</summary>
    public static object? Read(string? text, Type type) => !string.IsNullOrEmpty(text) ? JsonSerializer.Deserialize(text, type, Json)
        : type.IsValueType ? System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type) : null;
}
