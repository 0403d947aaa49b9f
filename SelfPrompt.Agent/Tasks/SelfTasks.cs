namespace SelfPrompt.Agent.Tasks;

/// <summary>The tasks by their kinds.</summary>
internal sealed class SelfTasks(IEnumerable<ISelfTask> tasks)
{
    public IReadOnlyList<ISelfTask> All { get; } = [.. tasks.OrderBy(t => t.Kind)];

    public ISelfTask Of(TaskKind kind) => All.First(t => t.Kind == kind);
}
