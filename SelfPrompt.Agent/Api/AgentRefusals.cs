using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Runs;

namespace SelfPrompt.Agent.Api;

/// <summary>Every refusal as ProblemDetails, with a <c>code</c> for programs.</summary>
internal sealed class AgentRefusals(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        var (status, code) = exception switch
        {
            RunRefusedException refused => (refused.Status, refused.Code),
            BadHttpRequestException bad => (bad.StatusCode, "invalid"),
            MeshAnswerException answer => (StatusCodes.Status502BadGateway, answer.Code ?? "mesh_refused"),
            HttpRequestException or JsonException => (StatusCodes.Status503ServiceUnavailable, "mesh_unavailable"),
            IOException or InvalidDataException => (StatusCodes.Status503ServiceUnavailable, "no_member_key"),
            _ => (0, ""),
        };
        if (status == 0)
            return false;
        context.Response.StatusCode = status;
        var problem = new ProblemDetailsContext { HttpContext = context, ProblemDetails = { Status = status, Detail = exception.Message } };
        problem.ProblemDetails.Extensions["code"] = code;
        return await problems.TryWriteAsync(problem);
    }
}
