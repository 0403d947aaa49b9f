using Dapr.Actors;
using Mesh.Contracts.Experts;

namespace Expert.Worker.Actors;

/// <summary>The methods of <see cref="ExpertActorContract"/>; Dapr finds them by name.</summary>
public interface IExpertActor : IActor
{
    /// <inheritdoc cref="ExpertActorContract.Configure"/>
    Task<ExpertStatus> ConfigureAsync(ExpertSpec spec);

    /// <inheritdoc cref="ExpertActorContract.Describe"/>
    Task<ExpertStatus> DescribeAsync();

    /// <inheritdoc cref="ExpertActorContract.Admit"/>
    Task<StreamAdmission> AdmitAsync(string router);

    /// <inheritdoc cref="ExpertActorContract.Step"/>
    Task<byte[]> StepAsync(byte[] batch);

    /// <inheritdoc cref="ExpertActorContract.Release"/>
    Task ReleaseAsync(byte[] sessions);

    /// <inheritdoc cref="ExpertActorContract.Embed"/>
    Task<byte[]> EmbedAsync(byte[] texts);

    /// <inheritdoc cref="ExpertActorContract.Retire"/>
    Task RetireAsync();
}
