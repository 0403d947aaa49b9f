using System.Text.Json;
using SelfPrompt.Agent.Policy;

namespace SelfPrompt.Agent.Client;

/// <summary>Asks the router before a tool is used; an answer holds for a second. Whoever does not answer, or cannot be understood, has not said yes.</summary>
internal sealed class MeshStanding(MeshClient mesh, TimeProvider time) : IMeshStanding
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private Task<PolicyRefusedException?>? _asked;
    private long _since;

    public Task RequireRunningAsync(CancellationToken cancellationToken) => RequireRunningAsync(isNow: false, cancellationToken);

    /// <param name="isNow">Asked whatever was answered a moment ago: after a halt was acknowledged nothing begins.</param>
    /// <exception cref="PolicyRefusedException">It is halted, without lease, or does not answer.</exception>
    public async Task RequireRunningAsync(bool isNow, CancellationToken cancellationToken)
    {
        Task<PolicyRefusedException?> asked;
        lock (_gate)
        {
            if (isNow || _asked is null || (_asked.IsCompleted && time.GetElapsedTime(_since) > Fresh))
                (_asked, _since) = (AskAsync(), time.GetTimestamp());
            asked = _asked;
        }
        if (await asked.WaitAsync(cancellationToken) is { } refused)
            throw new PolicyRefusedException(refused.Code, refused.Message);
    }

    /// <summary>For whoever only shows it.</summary>
    public async Task<string> NowAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RequireRunningAsync(cancellationToken);
            return "running";
        }
        catch (PolicyRefusedException refused)
        {
            return refused.Code;
        }
    }

    private async Task<PolicyRefusedException?> AskAsync()
    {
        try
        {
            var governance = (await mesh.GetAsync("mesh/status", CancellationToken.None)).GetProperty("governance");
            if (governance.GetProperty("halted").GetBoolean())
                return new(PolicyRefusedException.Halted, "The mesh is halted by people.");
            return governance.GetProperty("lease").GetString() == "held" ? null : new(PolicyRefusedException.NoLease, "The router has no lease: whether the mesh is halted is not known.");
        }
        catch (Exception fault) when (fault is HttpRequestException or MeshAnswerException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new(PolicyRefusedException.NoLease, $"Whether the mesh may be worked on is not known: {fault.Message}");
        }
    }
}
