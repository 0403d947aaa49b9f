using System.Diagnostics.CodeAnalysis;
using System.Text;
using Dapr.Common.Serialization;

namespace Mesh.Workflows.Payloads;

/// <summary>
/// Refuses what is too large before it is handed over: at the caller of the client, in the workflow that calls a step, in the step that answers. Refused later, by the
/// sidecar, it would cost the worker its stream and all that runs on it.
/// </summary>
internal sealed class BoundedSerializer(IDaprSerializer inner, int limit) : IDaprSerializer
{
    public string Serialize<T>(T value) => Bounded(inner.Serialize(value), value?.GetType());

    [RequiresUnreferencedCode("As the decorated serializer."), RequiresDynamicCode("As the decorated serializer.")]
    public string Serialize(object? value, Type? inputType = null) => Bounded(inner.Serialize(value, inputType), value?.GetType());

    public T? Deserialize<T>(string? data) => inner.Deserialize<T>(data);

    [RequiresUnreferencedCode("As the decorated serializer."), RequiresDynamicCode("As the decorated serializer.")]
    public object? Deserialize(string? data, Type returnType) => inner.Deserialize(data, returnType);

    private string Bounded(string json, Type? type) =>
        json.Length <= limit / 3 || Encoding.UTF8.GetByteCount(json) is var bytes && bytes <= limit ? json : throw new PayloadTooLargeException(bytes, limit, type);
}
