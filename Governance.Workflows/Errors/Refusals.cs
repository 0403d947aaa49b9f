using Governance.Workflows.Ledger;
using Mesh.Governance.Acts;
using Mesh.Governance.Http;
using Microsoft.AspNetCore.Diagnostics;

namespace Governance.Workflows.Errors;

/// <summary>Every refusal as ProblemDetails, with a <c>code</c> for programs.</summary>
internal sealed class Refusals(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        var (status, code) = exception switch
        {
            ActRefusedException refused => (StatusOf(refused.Code), refused.Code),
            NodeRefusedException refused => (refused.Status, refused.Code),
            QuorumUnavailableException => (StatusCodes.Status503ServiceUnavailable, "quorum_unavailable"),
            LedgerAwayException => (StatusCodes.Status503ServiceUnavailable, "ledger_unavailable"),
            BadHttpRequestException bad => (bad.StatusCode, ActCode.Invalid),
            _ => (0, ""),
        };
        if (status == 0)
            return false;
        context.Response.StatusCode = status;
        var problem = new ProblemDetailsContext { HttpContext = context, ProblemDetails = { Status = status, Detail = exception.Message } };
        problem.ProblemDetails.Extensions["code"] = code;
        if (exception is QuorumUnavailableException waiting)
            problem.ProblemDetails.Extensions["index"] = waiting.Index;
        return await problems.TryWriteAsync(problem);
    }

    private static int StatusOf(string code) => code switch
    {
        ActCode.UnknownMember or ActCode.WrongSignature or ActCode.WrongRole or ActCode.OwnProposal => StatusCodes.Status403Forbidden,
        ActCode.NotFound => StatusCodes.Status404NotFound,
        ActCode.Late or ActCode.TooEarly or ActCode.DoubleVote or ActCode.NotApproved or ActCode.DomainReadOnly or ActCode.Conflict => StatusCodes.Status409Conflict,
        ActCode.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ActCode.Halted => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status400BadRequest,
    };
}
