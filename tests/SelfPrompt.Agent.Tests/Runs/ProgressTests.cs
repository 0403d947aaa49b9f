using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Runs;

namespace SelfPrompt.Agent.Tests.Runs;

public sealed class ProgressTests
{
    [Fact]
    public void A_step_that_is_tried_again_has_not_got_its_budget_back()
    {
        var progress = new Progress();
        Assert.Equal(new Spent(3, 10), progress.SpentBy("run", new(3, 10)));
        progress.Touch("run", new(7, 90));
        progress.Touch("run", new(6, 80));   // of calls at the same time the one that came later may be told of first
        progress.Touch("run");
        Assert.Equal(new Spent(7, 90), progress.SpentBy("run", new(3, 10)));
        Assert.Equal(new Spent(9, 95), progress.SpentBy("run", new(9, 95)));
        Assert.Equal((3, 0), (progress.Of("run"), progress.Of("other")));
    }
}
