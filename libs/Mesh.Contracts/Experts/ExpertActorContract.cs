namespace Mesh.Contracts.Experts;

/// <summary>
/// Names of the expert's virtual actor. Its id is the <see cref="ExpertId"/>; arguments and results are JSON (non-remoting actor calls).
/// </summary>
public static class ExpertActorContract
{
    /// <summary>Dapr app id shared by all workers.</summary>
    public const string AppId = "expert-worker";

    public const string ActorType = "ExpertActor";

    /// <summary><c>ExpertSpec -> ExpertStatus</c>. Stores the specification in actor state, starts loading, returns at once.</summary>
    public const string Configure = "ConfigureAsync";

    /// <summary><c>() -> ExpertStatus</c>. Activation loads the stored specification, wherever the actor came up.</summary>
    public const string Describe = "DescribeAsync";

    /// <summary><c>string routerName -> StreamAdmission</c>.</summary>
    public const string Admit = "AdmitAsync";

    /// <summary>
    /// <c>byte[] -> byte[]</c>: a batch of steps as <see cref="Steps.StepCodec"/> writes them, a reply for each that is done. Turns stay short: a step
    /// without a reply goes on, and the same request in a later batch fetches it.
    /// </summary>
    public const string Step = "StepAsync";

    /// <summary><c>byte[] -> ()</c>: the sessions that have ended, 8 bytes each (little-endian).</summary>
    public const string Release = "ReleaseAsync";

    /// <summary>
    /// <c>byte[] -> byte[]</c>: texts and their vectors as <see cref="EmbeddingCodec"/> writes them. Turns stay short: an empty answer means that it goes on, and
    /// the same texts asked again fetch it.
    /// </summary>
    public const string Embed = "EmbedAsync";

    /// <summary><c>() -> ()</c>. Forgets the specification and unloads the model.</summary>
    public const string Retire = "RetireAsync";
}
