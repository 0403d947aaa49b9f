namespace Dapr.Workflow.Tests;

public sealed class WorkflowRuntimeOptionsTests
{
    [Fact]
    public void A_name_is_the_class_name_and_taken_once_whatever_its_case()
    {
        var options = new WorkflowRuntimeOptions();
        options.RegisterWorkflow<Greet>();
        Assert.Contains("greet", options.Workflows.Keys, StringComparer.OrdinalIgnoreCase);
        Assert.Throws<ArgumentException>(() => options.RegisterWorkflow<Greet>("GREET"));
    }

    [Fact]
    public void Faults_are_recognised_by_type_name()
    {
        var details = new WorkflowTaskFailureDetails(new() { ErrorType = "System.ArgumentNullException", ErrorMessage = "x" });
        Assert.True(details.IsCausedBy<ArgumentException>());
        Assert.False(details.IsCausedBy<FormatException>());
    }

    private sealed class Greet : Workflow<string, string>
    {
        public override Task<string> RunAsync(WorkflowContext context, string input) => Task.FromResult(input);
    }
}
