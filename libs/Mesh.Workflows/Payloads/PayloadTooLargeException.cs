namespace Mesh.Workflows.Payloads;

/// <summary>An input, output or event of a workflow is larger than <see cref="MeshWorkflowOptions.MaxPayloadBytes"/>; nothing of it was sent.</summary>
public sealed class PayloadTooLargeException(long bytes, long limit, Type? type)
    : Exception($"A {type?.Name ?? "value"} has {bytes} bytes as JSON, more than a workflow carries ({limit}): pass a reference instead.");
