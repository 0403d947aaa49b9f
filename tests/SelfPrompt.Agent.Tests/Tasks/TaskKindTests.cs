using System.Text.Json;
using SelfPrompt.Agent.Tasks;

namespace SelfPrompt.Agent.Tests.Tasks;

public sealed class TaskKindTests
{
    [Theory]
    [InlineData(TaskKind.SchedulerOptimization, "scheduler_optimization")]
    [InlineData(TaskKind.ConfigTuning, "config_tuning")]
    [InlineData(TaskKind.SecurityLogAnalysis, "security_log_analysis")]
    [InlineData(TaskKind.TestGeneration, "test_generation")]
    [InlineData(TaskKind.GovernanceProposalDraft, "governance_proposal_draft")]
    public void Names_are_fixed(TaskKind kind, string name)
    {
        Assert.Equal($"\"{name}\"", JsonSerializer.Serialize(kind));
        Assert.Equal(kind, JsonSerializer.Deserialize<TaskKind>($"\"{name}\""));
    }
}
