using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;

namespace Router.Api.Experts;

/// <summary>
/// Keeps one expert: configures its actor, waits until it is ready, opens a connection, watches it, and starts over when it is lost, wherever the
/// actor comes up next. When the actor moves while its old stream works, that one is used until the new place is ready.
/// </summary>
internal sealed partial class ExpertSupervisor(
    ExpertSpec spec, IExpertActors actors, IExpertTransport transport,
    Func<ExpertId, ModelCard, CancellationToken, Task<string?>> rejects, RegistryOptions options, TimeProvider time, ILogger<ExpertSupervisor> logger, Action changed)
{
    /// <summary>A connection that lasted this long was a sound one: its loss is followed up at once.</summary>
    private static readonly TimeSpan Sound = TimeSpan.FromMilliseconds(250);

    /// <summary>Between questions to an expert that loads; each is answered when it is loaded, or after a quarter of a second.</summary>
    private static readonly TimeSpan LoadingPause = TimeSpan.FromMilliseconds(20);

    private readonly Backoff _backoff = new(options.MaxRetryDelay, time);
    private readonly CancellationTokenSource _stop = new();
    private bool _wasReady, _started;
    private volatile ExpertStatus _status = new() { Id = spec.Id, State = ExpertState.Loading };
    private volatile ExpertPeer? _peer;
    private Task _running = Task.CompletedTask;

    public ExpertSpec Spec => spec;

    public ExpertStatus Status => _status;

    /// <summary>Set while it is ready and connected.</summary>
    public ExpertPeer? Peer
    {
        get => _peer;
        private set => _peer = value;
    }

    /// <summary>Begins, once.</summary>
    public void Start()
    {
        if (Interlocked.Exchange(ref _started, true))
            return;
        _running = Task.Run(() => RunAsync(_stop.Token));
    }

    /// <returns>Whether it had begun.</returns>
    public async Task<bool> StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        return _started;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var configured = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var status = configured ? await actors.DescribeAsync(spec.Id, cancellationToken) : await actors.ConfigureAsync(spec, cancellationToken);
                // An actor that knows nothing has lost its state: it is told again.
                configured = status.State != ExpertState.Unknown;
                Publish(status.State == ExpertState.Ready ? status with { State = ExpertState.Loading, Progress = 1 } : status);
                await AdvanceAsync(status, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (ExpertUnreachableException unreachable)
            {
                Lost(unreachable.Reason);
                await PauseAsync(cancellationToken);
            }
            catch (Exception fault)
            {
                LogFailed(spec.Id, fault);
                Lost(fault.Message);
                await PauseAsync(cancellationToken);
            }
        }
    }

    private async Task AdvanceAsync(ExpertStatus status, CancellationToken cancellationToken)
    {
        switch (status.State)
        {
            case ExpertState.Ready:
                await ServeAsync(status, cancellationToken);
                break;
            case ExpertState.Refused:
                LogRefused(spec.Id, status.Reason);
                // Another worker may take it one day; nothing is gained by asking often.
                await Task.Delay(options.MaxRetryDelay * 5, time, cancellationToken);
                break;
            case ExpertState.Loading:
                await Task.Delay(LoadingPause, time, cancellationToken);
                break;
            default:
                await _backoff.WaitAsync(cancellationToken);
                break;
        }
    }

    private async Task ServeAsync(ExpertStatus status, CancellationToken cancellationToken)
    {
        var card = status.Model ?? throw new ExpertUnreachableException(spec.Id, "It is ready without a model.");
        if (await rejects(spec.Id, card, cancellationToken) is { } reason)
        {
            Publish(status with { State = ExpertState.Refused, Reason = reason, StreamUrl = null });
            LogRefused(spec.Id, reason);
            await RetireQuietlyAsync(cancellationToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
        }
        IExpertConnection? old = null;
        var finishing = Task.CompletedTask;
        var connection = await transport.ConnectAsync(status, cancellationToken);
        var connected = time.GetTimestamp();
        try
        {
            while (true)
            {
                Peer = new ExpertPeer(status.Model!, connection);
                Publish(status);
                if (old is not null)
                    finishing = Task.WhenAll(finishing, FinishAsync(old));
                _wasReady = true;
                LogReady(spec.Id, status.Worker, status.Model!.TokensPerSecond);
                var (next, lost) = await WatchAsync(connection, status, cancellationToken);
                if (next is null)
                {
                    Lost(lost);
                    break;
                }
                LogMoved(spec.Id, status.Worker, next.Value.Status.Worker);
                old = connection;
                (status, connection) = next.Value;
            }
        }
        finally
        {
            Peer = null;
            changed();
            await connection.DisposeAsync();
            await finishing;
        }
        if (time.GetElapsedTime(connected) > Sound)
            _backoff.Reset();
        await PauseAsync(cancellationToken);
    }

    private async Task FinishAsync(IExpertConnection connection)
    {
        using var deadline = new CancellationTokenSource(options.CallTimeout, time);
        await connection.FinishAsync(deadline.Token);
    }

    /// <summary>Returns the connection to the actor's new place, or why this one is given up.</summary>
    private async Task<((ExpertStatus Status, IExpertConnection Connection)? Next, string Reason)> WatchAsync(
        IExpertConnection connection, ExpertStatus connected, CancellationToken cancellationToken)
    {
        var pause = options.WatchInterval;
        while (true)
        {
            using (var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
            {
                await Task.WhenAny(connection.Closed, Task.Delay(pause, time, wait.Token));
                await wait.CancelAsync();
            }
            cancellationToken.ThrowIfCancellationRequested();
            if (connection.Closed.IsCompletedSuccessfully)
                return (null, await connection.Closed);
            pause = options.WatchInterval;
            try
            {
                var now = await actors.DescribeAsync(spec.Id, cancellationToken);
                if (now.State == ExpertState.Unknown)
                    now = await actors.ConfigureAsync(spec, cancellationToken);
                var isHere = now.StreamUrl == connected.StreamUrl;
                if (isHere && now.State == ExpertState.Ready && now.Model == connected.Model)
                    _status = now;
                else if (isHere || !connection.OutlivesSidecar || now.Model is { } card && card.TokenizerFingerprint != connected.Model!.TokenizerFingerprint)
                    return (null, isHere ? now.Reason ?? $"Its actor says {now.State}." : $"It is on {now.Worker} now.");
                else if (now.State == ExpertState.Ready)
                    return ((now, await transport.ConnectAsync(now, cancellationToken)), "");
                else if (now.State == ExpertState.Loading)
                    pause = LoadingPause;
            }
            catch (ExpertUnreachableException unreachable)
            {
                // A stream that works is better evidence than a sidecar that does not.
                if (!connection.OutlivesSidecar)
                    return (null, unreachable.Reason);
                LogUnwatched(spec.Id, unreachable.Reason);
            }
        }
    }

    private async Task RetireQuietlyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await actors.RetireAsync(spec.Id, cancellationToken);
        }
        catch (ExpertUnreachableException)
        {
            // It keeps its memory until its worker ends; it is not asked anything.
        }
    }

    private async Task PauseAsync(CancellationToken cancellationToken) =>
        await _backoff.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private void Lost(string reason)
    {
        Peer = null;
        // While everything is still coming up nothing is lost yet; /mesh/experts has the reason.
        if (!_wasReady)
            LogWaiting(spec.Id, reason);
        else if (_status.State != ExpertState.Unreachable)
            LogLost(spec.Id, reason);
        Publish(_status with { State = ExpertState.Unreachable, Reason = reason, StreamUrl = null });
    }

    private void Publish(ExpertStatus status)
    {
        _status = status;
        changed();
    }

    [LoggerMessage(LogLevel.Information, "Expert {Expert} is ready on {Worker}: {TokensPerSecond:0.0} tokens/s")]
    private partial void LogReady(ExpertId expert, string? worker, float tokensPerSecond);

    [LoggerMessage(LogLevel.Information, "Expert {Expert} moves from {From} to {To}")]
    private partial void LogMoved(ExpertId expert, string? from, string? to);

    [LoggerMessage(LogLevel.Warning, "Expert {Expert} is refused: {Reason}")]
    private partial void LogRefused(ExpertId expert, string? reason);

    [LoggerMessage(LogLevel.Warning, "Expert {Expert} is unreachable: {Reason}")]
    private partial void LogLost(ExpertId expert, string reason);

    [LoggerMessage(LogLevel.Debug, "Expert {Expert} is not up yet: {Reason}")]
    private partial void LogWaiting(ExpertId expert, string reason);

    [LoggerMessage(LogLevel.Debug, "The actor of {Expert} does not answer, its stream does: {Reason}")]
    private partial void LogUnwatched(ExpertId expert, string reason);

    [LoggerMessage(LogLevel.Error, "Supervising {Expert} failed; it is tried again")]
    private partial void LogFailed(ExpertId expert, Exception fault);
}
