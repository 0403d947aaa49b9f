using System.Text;
using Grpc.Core;
using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Governance.Acts;
using Mesh.Governance.Http;
using Router.Api.Experts;
using Router.Api.Errors;
using Router.Api.Governance;
using Router.Api.Governance.Forwarding;

namespace Router.Api.Grpc;

/// <summary><c>worldcompute.v1.MeshLlmService</c>. Wrong arguments are InvalidArgument, what the mesh refuses is in the answer or FailedPrecondition.</summary>
internal sealed class MeshLlm(IExpertDirectory experts, IExpertPool pool, IMeshNode node, MeshHalt halt, ModelNames models, SelfTasks tasks) : MeshLlmService.MeshLlmServiceBase
{
    private const string HaltNote = "mesh-halt-bin";

    public override async Task<RegisterExpertResponse> RegisterExpert(RegisterExpertRequest request, ServerCallContext context)
    {
        if (!ExpertId.TryParse(request.ExpertId, out var id))
            throw Invalid("expert_id: use 1 to 64 of a-z, 0-9, '.', '_', '-', with a letter or digit at both ends.");
        if (request.ModelName.Length is 0 or > ModelNames.MostCharacters)
            throw Invalid($"model_name: expected 1 to {ModelNames.MostCharacters} characters.");
        if (!double.IsFinite(request.CapacityTokensPerSec) || request.CapacityTokensPerSec < 0)
            throw Invalid("capacity_tokens_per_sec: expected 0 or more.");
        try
        {
            ChangeGuard.CheckRegistration(node, () => $"mesh propose admit-expert {id} --model {request.ModelName}");
            var status = await experts.RegisterAsync(new() { Id = id, ModelPath = models.PathOf(request.ModelName) }, context.CancellationToken);
            return new() { Success = status.State != ExpertState.Refused, Message = status.Reason ?? $"{id} is {status.State.ToString().ToLowerInvariant()}." };
        }
        catch (ApiException refused)
        {
            return new() { Message = refused.Message };
        }
        catch (Exception fault) when (fault is ExpertUnreachableException or SpecStoreException)
        {
            throw new RpcException(new(StatusCode.Unavailable, fault.Message));
        }
    }

    public override Task<GetRouterStatusResponse> GetRouterStatus(GetRouterStatusRequest request, ServerCallContext context)
    {
        var peers = pool.Peers;
        var answer = new GetRouterStatusResponse { OnlineExpertCount = (uint)peers.Length };
        answer.OnlineExpertIds.AddRange(peers.Select(p => p.Id.Value));
        return Task.FromResult(answer);
    }

    public override async Task<SubmitSelfTaskResponse> SubmitSelfTask(SubmitSelfTaskRequest request, ServerCallContext context)
    {
        if (request.TaskType.Length is 0 or > SelfTasks.MostKindCharacters)
            throw Invalid($"task_type: expected 1 to {SelfTasks.MostKindCharacters} characters.");
        try
        {
            ChangeGuard.Check(node);
            var (accepted, preview) = await tasks.SubmitAsync(request.TaskType, context.CancellationToken);
            return new() { Accepted = accepted, PromptPreview = preview };
        }
        catch (ApiException refused)
        {
            throw new RpcException(new(StatusCode.FailedPrecondition, refused.Message));
        }
    }

    public override async Task<HaltMeshResponse> HaltMesh(HaltMeshRequest request, ServerCallContext context)
    {
        var note = context.RequestHeaders.Get(HaltNote) is { IsBinary: true, ValueBytes.Length: <= SignedAct.MostBytes } entry
            ? Encoding.UTF8.GetString(entry.ValueBytes)
            : throw new RpcException(new(StatusCode.Unauthenticated, $"A halt is signed: send the note of 'mesh halt --print' as the metadata entry {HaltNote}."));
        try
        {
            var order = SignedAct.Parse<HaltOrder>(note).Act;
            if (order.Requester != request.RequesterId || order.Reason != request.Reason)
                throw Invalid("The signed note names another requester or reason than the request.");
            return new() { Halted = (await halt.HaltAsync(note, context.CancellationToken)).Halted };
        }
        catch (Exception fault) when (fault is ActRefusedException)
        {
            throw Invalid(fault.Message);
        }
        catch (NodeRefusedException refused)
        {
            throw new RpcException(new(refused.Status == StatusCodes.Status403Forbidden ? StatusCode.PermissionDenied : StatusCode.Unavailable, $"{refused.Code}: {refused.Message}"));
        }
    }

    private static RpcException Invalid(string message) => new(new(StatusCode.InvalidArgument, message));
}
