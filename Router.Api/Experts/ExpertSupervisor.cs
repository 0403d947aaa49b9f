using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;

namespace Router.Api.Experts;

/// <summary>
/// Keeps one expert: configures its actor, waits until it is ready, opens a connection, watches it, and starts over when it is lost, wherever the
/// actor comes up next.
/// </summary>
internal sealed partial class ExpertSupervisor(
    ExpertSpec spec, IExpertActors actors, IExpertTransport transport,
    Func<ExpertId, ModelCard, CancellationToken, Task<string?>> rejects, RegistryOptions options, TimeProvider time, ILogger<ExpertSupervisor> logger, Action changed)
{
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

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
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
                _backoff.Reset();
                await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
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
        await using var connection = await transport.ConnectAsync(status, cancellationToken);
        Peer = new ExpertPeer(card, connection);
        Publish(status);
        _wasReady = true;
        LogReady(spec.Id, status.Worker, card.TokensPerSecond);
        try
        {
            _backoff.Reset();
            Lost(await WatchAsync(connection, status, cancellationToken));
        }
        finally
        {
            Peer = null;
            changed();
        }
        await PauseAsync(cancellationToken);
    }

    /// <summary>Returns why the connection is given up.</summary>
    private async Task<string> WatchAsync(IExpertConnection connection, ExpertStatus connected, CancellationToken cancellationToken)
    {
        while (true)
        {
            using (var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
            {
                await Task.WhenAny(connection.Closed, Task.Delay(options.WatchInterval, time, wait.Token));
                await wait.CancelAsync();
            }
            cancellationToken.ThrowIfCancellationRequested();
            if (connection.Closed.IsCompletedSuccessfully)
                return await connection.Closed;
            try
            {
                var now = await actors.DescribeAsync(spec.Id, cancellationToken);
                if (now.State != ExpertState.Ready)
                    return now.Reason ?? $"Its actor says {now.State}.";
                if (now.StreamUrl != connected.StreamUrl || now.Model != connected.Model)
                    return $"It is on {now.Worker} now.";
                _status = now;
            }
            catch (ExpertUnreachableException unreachable)
            {
                // A stream that works is better evidence than a sidecar that does not.
                if (!connection.OutlivesSidecar)
                    return unreachable.Reason;
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
