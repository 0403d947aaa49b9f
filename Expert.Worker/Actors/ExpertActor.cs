using System.Buffers.Binary;
using Dapr.Actors.Runtime;
using Expert.Worker.Experts;
using Expert.Worker.Hosting;
using Expert.Worker.Streams;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Governance.Http;
using Microsoft.Extensions.Options;

namespace Expert.Worker.Actors;

/// <summary>
/// The expert's virtual actor: says where the expert lives and who may talk to it. Its state is the specification alone, so it can come up on any
/// worker; what is loaded belongs to the process (<see cref="ExpertHost"/>).
/// </summary>
[Actor(TypeName = ExpertActorContract.ActorType)]
internal sealed partial class ExpertActor(
    ActorHost host, ExpertHost experts, StreamTickets tickets, WorkerIdentity identity, IMeshNode node, IOptions<WorkerOptions> options, TimeProvider time)
    : Actor(host), IExpertActor
{
    private const string SpecState = "spec";
    private readonly StepBatch _steps = new(options.Value.StepTurn, options.Value.StepLinger, time);
    private readonly EmbeddingTurns _embeddings = new(options.Value.StepTurn, time);
    private ExpertSpec? _spec;

    protected override async Task OnActivateAsync()
    {
        var stored = await StateManager.TryGetStateAsync<ExpertSpec>(SpecState);
        _spec = stored.HasValue ? stored.Value : null;
        if (_spec is not null)
            experts.Ensure(_spec);
        LogActivated(Logger, Id.GetId(), _spec?.ModelPath ?? "a model yet to be named");
    }

    protected override async Task OnDeactivateAsync()
    {
        LogDeactivated(Logger, Id.GetId());
        if (_spec is not null)
            await experts.LeaveAsync(_spec.Id);
    }

    public async Task<ExpertStatus> ConfigureAsync(ExpertSpec spec)
    {
        if (spec.Id.Value != Id.GetId())
            throw new ArgumentException($"Actor '{Id}' was given the specification of '{spec.Id}'.");
        if (spec != _spec)
        {
            node.RequireSpeech();
            await StateManager.SetStateAsync(SpecState, spec);
            await SaveStateAsync();
            _spec = spec;
        }
        return await DescribeAsync(experts.Ensure(spec, again: true));
    }

    public Task<ExpertStatus> DescribeAsync() => _spec is null
        ? Task.FromResult(new ExpertStatus { Id = ExpertId.Parse(Id.GetId()), State = ExpertState.Unknown, Worker = identity.Name })
        : DescribeAsync(experts.Ensure(_spec));

    public Task<StreamAdmission> AdmitAsync(string router)
    {
        node.RequireSpeech();
        var expert = Hosted();
        if (identity.StreamUrlOf(expert.Spec.Id) is not { } url)
            throw new InvalidOperationException("This worker serves no direct stream (Mesh:StreamPort).");
        var (ticket, expires) = tickets.Issue(expert.Spec.Id, router);
        return Task.FromResult(new StreamAdmission(url, ticket, expires));
    }

    public Task<byte[]> StepAsync(byte[] batch) => SpeakAsync(() => _steps.RunAsync(Hosted(), batch));

    public Task ReleaseAsync(byte[] sessions)
    {
        var expert = Hosted();
        for (var rest = sessions.AsSpan(); rest.Length >= 8; rest = rest[8..])
        {
            var session = new SessionId(BinaryPrimitives.ReadUInt64LittleEndian(rest));
            _steps.Forget(session);
            expert.Release(session);
        }
        return Task.CompletedTask;
    }

    public Task<byte[]> EmbedAsync(byte[] texts) => SpeakAsync(() => _embeddings.RunAsync(Hosted(), texts));

    public async Task RetireAsync()
    {
        await StateManager.TryRemoveStateAsync(SpecState);
        await SaveStateAsync();
        if (_spec is not null)
            await experts.RemoveAsync(_spec.Id);
        _spec = null;
    }

    /// <summary>What was computed while the mesh was being halted is not told.</summary>
    private async Task<byte[]> SpeakAsync(Func<Task<byte[]>> work)
    {
        node.RequireSpeech();
        var answer = await work();
        node.RequireSpeech();
        return answer;
    }

    private HostedExpert Hosted() => _spec is null
        ? throw new InvalidOperationException($"Expert '{Id}' has no specification: configure it first.")
        : experts.Ensure(_spec);

    private async Task<ExpertStatus> DescribeAsync(HostedExpert expert)
    {
        await expert.SettleAsync(options.Value.StepTurn);
        return expert.Describe(identity.Name, identity.StreamUrlOf(expert.Spec.Id));
    }

    [LoggerMessage(LogLevel.Information, "Actor {Expert} is active here, for {Model}")]
    private static partial void LogActivated(ILogger logger, string expert, string? model);

    [LoggerMessage(LogLevel.Information, "Actor {Expert} leaves this worker")]
    private static partial void LogDeactivated(ILogger logger, string expert);
}
