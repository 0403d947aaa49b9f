using Mesh.Contracts.Experts;

namespace Router.Api.Experts;

/// <summary>The experts' actors, wherever they are. Every call ends within <see cref="RegistryOptions.CallTimeout"/>.</summary>
/// <remarks>All methods throw <see cref="ExpertUnreachableException"/> when nobody answered or the actor failed.</remarks>
public interface IExpertActors
{
    Task<ExpertStatus> ConfigureAsync(ExpertSpec spec, CancellationToken cancellationToken);

    Task<ExpertStatus> DescribeAsync(ExpertId expert, CancellationToken cancellationToken);

    Task<StreamAdmission> AdmitAsync(ExpertId expert, CancellationToken cancellationToken);

    /// <inheritdoc cref="ExpertActorContract.Step"/>
    Task<byte[]> StepAsync(ExpertId expert, byte[] batch, CancellationToken cancellationToken);

    /// <inheritdoc cref="ExpertActorContract.Release"/>
    Task ReleaseAsync(ExpertId expert, byte[] sessions, CancellationToken cancellationToken);

    /// <inheritdoc cref="ExpertActorContract.Embed"/>
    Task<byte[]> EmbedAsync(ExpertId expert, byte[] texts, CancellationToken cancellationToken);

    Task RetireAsync(ExpertId expert, CancellationToken cancellationToken);
}
