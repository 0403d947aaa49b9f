namespace Dapr.Workflow.Replay;

/// <summary>The workflow's code did not do what its history says it did: it changed, or it used something other than its context.</summary>
internal sealed class NonDeterminismException(string workflow, string instanceId, string what)
    : Exception($"Workflow '{workflow}' ({instanceId}) is not deterministic: {what}");
