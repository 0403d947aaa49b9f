namespace SelfPrompt.Agent.Policy;

/// <summary>Whether the mesh may be worked on now.</summary>
internal interface IMeshStanding
{
    /// <exception cref="PolicyRefusedException">It is halted, without lease, or does not answer.</exception>
    Task RequireRunningAsync(CancellationToken cancellationToken);
}
