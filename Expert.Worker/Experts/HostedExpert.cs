using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;

namespace Expert.Worker.Experts;

/// <summary>One expert in this process, from the moment its loading starts until it is unloaded.</summary>
internal sealed class HostedExpert : IProgress<float>
{
    /// <summary>On the slowest machine something is computed within this time.</summary>
    private static readonly TimeSpan LongestStall = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private volatile IExpertBackend? _backend;
    private volatile string? _refusal;
    private volatile bool _draining;
    private float _progress;
    private long _touched;
    private int _streams;

    public HostedExpert(ExpertSpec spec, TimeProvider time)
    {
        (Spec, _time) = (spec, time);
        Stopping = _stop.Token;
        Touch();
    }

    public ExpertSpec Spec { get; }

    /// <summary>Cancelled when it is unloaded: its streams close, its steps end.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>The loading and what follows from it; never faults.</summary>
    public Task Loading { get; set; } = Task.CompletedTask;

    public bool IsRefused => _refusal is not null;

    /// <summary>Its actor has left this worker: it goes when the last stream has.</summary>
    public bool IsLeaving { get; set; }

    public bool HasStreams => Volatile.Read(ref _streams) > 0;

    /// <summary>False when it computes something and does not get on: its routers shall not wait for it.</summary>
    public bool IsAlive => _backend is not { } backend || backend.Stalled < LongestStall;

    public ExpertState State => this switch
    {
        { _refusal: not null } => ExpertState.Refused,
        { _draining: true } => ExpertState.Draining,
        { _backend: null } => ExpertState.Loading,
        _ => ExpertState.Ready,
    };

    /// <summary>How long nobody has asked for it; zero while a stream is open.</summary>
    public TimeSpan Unused => HasStreams ? TimeSpan.Zero : _time.GetElapsedTime(Volatile.Read(ref _touched));

    public void Touch() => Volatile.Write(ref _touched, _time.GetTimestamp());

    public ExpertStatus Describe(string worker, string? streamUrl) => new()
    {
        Id = Spec.Id,
        State = State,
        Reason = _refusal ?? (_draining ? "Its worker is stopping." : null),
        Progress = _backend is null ? Volatile.Read(ref _progress) : 1f,
        Model = _backend?.Card,
        Worker = worker,
        StreamUrl = streamUrl,
        ActiveSessions = _backend?.ActiveSessions ?? 0,
        Alignment = _backend?.Alignment,
    };

    /// <summary>Like <see cref="IExpertChannel.StepAsync"/>; an expert that is not ready says so in the reply.</summary>
    public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        var backend = _backend;
        // A session's first tokens: what a stopping worker no longer begins.
        var refuses = _refusal is not null || Stopping.IsCancellationRequested || (_draining && request.Position == 0);
        if (backend is not null && !refuses)
            return backend.StepAsync(request, reply, cancellationToken);
        reply.Reset(request.Session, request.Turn, refuses ? StepStatus.Refused : StepStatus.Loading);
        return default;
    }

    /// <inheritdoc cref="IExpertBackend.EmbedAsync"/>
    /// <exception cref="InvalidOperationException">It is not loaded.</exception>
    public Task<float[]> EmbedAsync(ReadOnlyMemory<int> tokens) =>
        _backend?.EmbedAsync(tokens, Stopping) ?? throw new InvalidOperationException($"Expert '{Spec.Id}' is {State.ToString().ToLowerInvariant()}.");

    public void Release(SessionId session) => _backend?.Release(session);

    public void OnStreamOpened() => Interlocked.Increment(ref _streams);

    public void OnStreamClosed()
    {
        Touch();
        Interlocked.Decrement(ref _streams);
    }

    public void Loaded(IExpertBackend backend) => _backend = backend;

    public void Refuse(string reason) => _refusal = reason;

    void IProgress<float>.Report(float value) => Volatile.Write(ref _progress, Math.Clamp(value, 0f, 1f));

    public void BeginDrain() => _draining = true;

    /// <summary>Waits a moment for the loading to end, so that who asks need not ask again.</summary>
    public Task SettleAsync(TimeSpan atMost) =>
        Loading.IsCompleted ? Task.CompletedTask : Task.WhenAny(Loading, Task.Delay(atMost, _time, CancellationToken.None));

    /// <summary>Begins nothing new from here on; completes when no step runs.</summary>
    public Task DrainAsync(CancellationToken cancellationToken)
    {
        BeginDrain();
        return _backend?.DrainAsync(cancellationToken) ?? Task.CompletedTask;
    }

    /// <summary>Ends its streams and steps, and unloads the model. Once only.</summary>
    public async Task UnloadAsync()
    {
        await _stop.CancelAsync();
        await Loading;
        if (_backend is { } backend)
            await backend.DisposeAsync();
    }
}
