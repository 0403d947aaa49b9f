using Mesh.Governance.Http.Hosting;
using SelfPrompt.Agent.Tasks.ConfigTuning;
using SelfPrompt.Agent.Tasks.GovernanceProposalDraft;
using SelfPrompt.Agent.Tasks.SchedulerOptimization;
using SelfPrompt.Agent.Tasks.SecurityLogAnalysis;
using SelfPrompt.Agent.Tasks.TestGeneration;

namespace SelfPrompt.Agent.Tasks;

/// <summary>The tasks by their kinds.</summary>
internal sealed class SelfTasks(IEnumerable<ISelfTask> tasks)
{
    public IReadOnlyList<ISelfTask> All { get; } = [.. tasks.OrderBy(t => t.Kind)];

    public ISelfTask Of(TaskKind kind) => All.First(t => t.Kind == kind);
}

internal static class SelfTaskServices
{
    public static IServiceCollection AddSelfTasks(this IServiceCollection services)
    {
        services.AddOptions<SelfTaskOptions>()
            .Configure<IConfiguration>((options, configuration) => options.CasesFolder = Path.Combine(GovernanceOptions.DataFolder(configuration), "self-prompt"))
            .BindConfiguration(SelfTaskOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<AcceptedCases>().AddSingleton<CaseReplay>().AddSingleton<SelfTasks>();
        services.AddSingleton<ISelfTask, SchedulerOptimizationTask>();
        services.AddSingleton<ISelfTask, ConfigTuningTask>();
        services.AddSingleton<ISelfTask, SecurityLogAnalysisTask>();
        services.AddSingleton<ISelfTask, TestGenerationTask>();
        services.AddSingleton<ISelfTask, GovernanceProposalDraftTask>();
        return services;
    }
}
