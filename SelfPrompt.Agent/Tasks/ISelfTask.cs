using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Tasks;

/// <summary>One kind of task: how it finds, tries and measures. Deterministic in what it sees and measures; no model is asked.</summary>
internal interface ISelfTask
{
    TaskKind Kind { get; }

    /// <summary>What could be better, at most a few; none is an answer.</summary>
    Task<IReadOnlyList<Finding>> AnalyseAsync(MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken);

    /// <summary>Tries a finding away from traffic, on other data than <see cref="AnalyseAsync"/> used.</summary>
    Task<Validation> ValidateAsync(Finding finding, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken);

    /// <summary>After it was applied: the measure that was promised, the settings of before against those of now. Null where nothing was promised in numbers.</summary>
    Task<Estimate?> MeasureAsync(Finding finding, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken);

    /// <summary>People approved the finding's proposal: what is this agent's own to do then. May be called again.</summary>
    Task AcceptAsync(Finding finding, ISandbox sandbox, CancellationToken cancellationToken) => Task.CompletedTask;
}
