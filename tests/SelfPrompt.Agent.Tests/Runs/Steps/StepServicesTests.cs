using System.Net;
using Mesh.Governance.Acts;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Runs.Steps;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Tests.Runs.Steps;

public sealed class StepServicesTests
{
    /// <summary>A step that fails the same way for ever ends its run; one bad text would hold a place among the open runs until people notice.</summary>
    [Fact]
    public void What_would_fail_again_ends_a_run_and_what_passes_does_not()
    {
        Exception[] passing =
        [
            new HttpRequestException("Connection refused"), new OperationCanceledException(), new IOException("The disk is busy"), new PolicyRefusedException(PolicyRefusedException.NoLease, "no lease"),
            new MeshAnswerException(HttpStatusCode.ServiceUnavailable, "quorum_unavailable", "later"), new MeshAnswerException(HttpStatusCode.TooManyRequests, null, "later"),
            new MeshAnswerException(HttpStatusCode.Unauthorized, "invalid_api_key", "the key is being changed"),
        ];
        Exception[] final =
        [
            new PolicyRefusedException(PolicyRefusedException.Halted, "halted"), new PolicyRefusedException(PolicyRefusedException.UnknownTool, "no such tool"), new BudgetSpentException("spent"),
            new MeshAnswerException(HttpStatusCode.BadRequest, "context_length_exceeded", "too long"), new MeshAnswerException(HttpStatusCode.RequestEntityTooLarge, null, "too large"),
            new ActRefusedException(ActCode.Invalid, "no step"), new InvalidOperationException("not kept any more"), new InvalidDataException("no key"), new InvalidCastException(),
        ];
        Assert.All(passing, fault => Assert.True(StepServices.Passes(fault), fault.ToString()));
        Assert.All(final, fault => Assert.False(StepServices.Passes(fault), fault.ToString()));
    }
}
