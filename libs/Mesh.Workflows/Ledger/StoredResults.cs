using Dapr.Common.Serialization;
using Mesh.Workflows.Sidecar;

namespace Mesh.Workflows.Ledger;

/// <summary>
/// The part of the ledger that outlives this process, in the state store that <see cref="MeshWorkflowOptions.StateStore"/> names: a result lies there before the sidecar hears
/// of it, so a step whose workflow has seen its result does not run again, whoever was killed when. Faults are not kept. A store that cannot be reached costs this
/// promise, not the step.
/// </summary>
internal sealed class StoredResults(SidecarConnection sidecar, IDaprSerializer serializer, MeshWorkflowOptions options)
{
    public async Task<object?> RunAsync(StepKey key, Type type, Func<Task<object?>> run)
    {
        if (options.StateStore is not { } store)
            return await run();
        var name = $"mesh-step:{key.InstanceId}:{key.ExecutionKey}";
        if (await sidecar.ReadStateAsync(store, name) is { } known)
        {
            MeshWorkflows.Joined.Add(1);
            return serializer.Deserialize(known, type);
        }
        var result = await run();
        await sidecar.WriteStateAsync(store, name, result is null ? "" : serializer.Serialize<object>(result), options.StoredFor);
        return result;
    }
}
