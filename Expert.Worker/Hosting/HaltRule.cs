using Mesh.Governance.Http;

namespace Expert.Worker.Hosting;

/// <summary>While the mesh is halted a worker answers no step and takes no expert that it does not know; what is loaded stays loaded.</summary>
internal static class HaltRule
{
    public const string Reason = "mesh_halted: the mesh is halted, or this worker has lost its lease; no step is made and no expert is taken until it goes on.";

    /// <exception cref="InvalidOperationException">The mesh is halted.</exception>
    public static void RequireSpeech(this IMeshNode node)
    {
        if (!node.MaySpeak)
            throw new InvalidOperationException(Reason);
    }
}
