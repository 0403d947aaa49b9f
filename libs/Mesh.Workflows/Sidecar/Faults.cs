using Grpc.Core;

namespace Mesh.Workflows.Sidecar;

/// <summary>What the words of a sidecar's refusal mean.</summary>
internal static class Faults
{
    /// <summary>Nobody hosts the workflow actors just now: the workers of the app change, or daprd 1.16 forgot them.</summary>
    public static bool IsUnhosted(this RpcException e) =>
        (Says(e, "actor type") && Says(e, "not registered")) || Says(e, "only possible on hosted actor types") || Says(e, "did not find address for actor");

    /// <summary>The sidecar is not there, or the wire to it broke.</summary>
    public static bool IsAway(this RpcException e) => e.StatusCode == StatusCode.Unavailable || e.Status.DebugException is HttpRequestException or IOException;

    public static bool IsTaken(this RpcException e) => Says(e, "already exists");

    private static bool Says(RpcException e, string words) => e.Status.Detail.Contains(words, StringComparison.Ordinal);
}
