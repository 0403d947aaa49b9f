using System.Text.Json;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Tasks.TestGeneration;

/// <summary>Asks accepted cases again: what passes without a change must pass with it.</summary>
internal sealed class CaseReplay(AcceptedCases cases)
{
    private const int Most = 20;   // the newest: a run's budget is for more than these

    /// <summary>The case that the settings break; null when they break none.</summary>
    public async Task<RegressionCase?> FirstBrokenAsync(ISandbox sandbox, JsonElement settings, CancellationToken cancellationToken)
    {
        foreach (var accepted in cases.Read().TakeLast(Most))
            if (await accepted.PassesAsync(sandbox, null, cancellationToken) && !await accepted.PassesAsync(sandbox, settings, cancellationToken))
                return accepted;
        return null;
    }
}
