namespace Mesh.EndToEnd.Tests.SelfPrompt;

/// <summary>
/// A mesh that was set up badly: one expert for a token, chosen by nothing, and a deadline that is too short. Its agent looks when it is asked to, and canaries are judged by what the tests ask alone.
/// </summary>
public abstract class BadMesh(string sidecar) : MeshFixture(
    $"--Mesh:Sidecar={sidecar}", "--Mesh:Ensemble:K=1", "--Mesh:Ensemble:Gate=uniform", "--Mesh:Ensemble:MinimumDeadline=00:00:00.005",
    "--Mesh:SelfPrompt:Look=00:00:00.500", "--Mesh:Governance:Service:Probes=0", "--Mesh:Governance:Service:CanaryLook=00:00:00.500")
{
    /// <summary>The sidecar of the agent.</summary>
    public abstract string AgentsSidecar { get; }

    internal Users Users => field ??= new(Router);
}

public sealed class BadEmbeddedMesh() : BadMesh("embedded")
{
    public override string AgentsSidecar => "dapr";
}

public sealed class BadDaprdMesh() : BadMesh("daprd")
{
    public override string? Missing => RealDapr.Missing;

    public override string AgentsSidecar => "selfprompt-dapr-cli";
}
