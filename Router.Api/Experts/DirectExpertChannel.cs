using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Contracts.Streams;

namespace Router.Api.Experts;

/// <summary>One duplex HTTP/2 stream to the worker that hosts the expert: steps of all sessions out, answers in, in any order.</summary>
internal sealed partial class DirectExpertChannel : IExpertConnection
{
    private readonly PendingSteps _pending;
    private readonly FrameSender _sender = new();
    private readonly StepReply _scratch = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SocketsHttpHandler _handler = new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(2),
        InitialHttp2StreamWindowSize = 1 << 20,
        UseProxy = false,
        ActivityHeadersPropagator = null,
    };
    private readonly HttpMessageInvoker _client;
    private readonly ExpertMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private Task _receiving = Task.CompletedTask, _listening = Task.CompletedTask;
    private int _silent;

    private DirectExpertChannel(ExpertId expert, ExpertMetrics metrics, TimeProvider time, ILogger logger)
    {
        (Expert, _metrics, _time, _logger) = (expert, metrics, time, logger);
        _pending = new PendingSteps(expert, metrics);
        _client = new HttpMessageInvoker(_handler, disposeHandler: true);
    }

    public ExpertId Expert { get; }

    public Task<string> Closed => _closed.Task;

    public bool OutlivesSidecar => true;

    /// <summary>Heartbeats since its worker's last frame.</summary>
    internal int Silent => Volatile.Read(ref _silent);

    /// <exception cref="ExpertUnreachableException">The worker cannot be reached or does not admit this router.</exception>
    public static async Task<DirectExpertChannel> OpenAsync(
        ExpertId expert, StreamAdmission admission, TimeSpan timeout, ExpertMetrics metrics, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var channel = new DirectExpertChannel(expert, metrics, time, logger);
        try
        {
            await channel.OpenAsync(admission, timeout, cancellationToken);
            metrics.OnConnected(expert);
            return channel;
        }
        catch (Exception fault)
        {
            await channel.DisposeAsync();
            if (fault is ExpertUnreachableException || cancellationToken.IsCancellationRequested)
                throw;
            throw new ExpertUnreachableException(expert, $"Its stream at {admission.StreamUrl} does not open: {fault.Message}", fault);
        }
    }

    public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        PendingStep step;
        try
        {
            step = _pending.Add(request, reply);
        }
        catch (ExpertUnreachableException unreachable)
        {
            return ValueTask.FromException(unreachable);
        }
        var answered = step.WaitAsync(cancellationToken);
        var bytes = _sender.Send(request);
        if (bytes == 0)
            Close("Its worker takes no more steps.");
        _metrics.OnSent(Expert, bytes);
        return answered;
    }

    public void Release(SessionId session) => _sender.Release(session);

    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        // The worker answers what it has begun and closes its side when it sees ours closed.
        _sender.Complete();
        await ((Task)_closed.Task).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Close("The router has closed the stream.");
        await _receiving;
        await _listening;
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task OpenAsync(StreamAdmission admission, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var body = new SendingContent(this);
        var request = new HttpRequestMessage(HttpMethod.Post, admission.StreamUrl)
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        request.Headers.Authorization = new(StreamContract.TicketScheme, admission.Ticket);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        deadline.CancelAfter(timeout);
        var response = await _client.SendAsync(request, deadline.Token);
        if (response.IsSuccessStatusCode)
        {
            _receiving = ReceiveAsync(response);
            _listening = ListenAsync();
            return;
        }
        using (response)
            throw new ExpertUnreachableException(Expert, $"Its worker does not open the stream ({(int)response.StatusCode}): {await ReadSomeAsync(response, deadline.Token)}");
    }

    private async Task ReceiveAsync(HttpResponseMessage response)
    {
        var reason = "Its worker has closed the stream.";
        try
        {
            using (response)
            {
                var frames = new FrameReader(await response.Content.ReadAsStreamAsync(_stop.Token));
                while (await frames.ReadAsync(_stop.Token))
                    if (!Take(frames, ref reason))
                        break;
            }
        }
        catch (Exception fault)
        {
            reason = $"Its stream broke: {fault.Message}";
        }
        Close(reason);
    }

    /// <summary>
    /// Notices a worker that stands still without closing its connection. Beats are counted, not time: where this process stood still itself, the timer
    /// fires once and the frames that came meanwhile are read.
    /// </summary>
    private async Task ListenAsync()
    {
        using var timer = new PeriodicTimer(StreamContract.Heartbeat, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
                if (Interlocked.Increment(ref _silent) > StreamContract.MostSilent)
                    Close($"Its worker has given no sign of life for {StreamContract.MostSilent} heartbeats.");
        }
        catch (OperationCanceledException)
        {
            // The stream has ended.
        }
    }

    private bool Take(FrameReader frame, ref string reason)
    {
        Volatile.Write(ref _silent, 0);
        if (frame.Kind == FrameKind.Error)
            reason = $"Its worker has closed the stream: {frame.ReadError()}";
        if (frame.Kind != FrameKind.Step)
            return frame.Kind != FrameKind.Error;
        var payload = frame.Payload;
        if (!_pending.Answer(ref payload, _scratch, out var error))
            LogInvalid(_logger, Expert, error);
        return true;
    }

    private void Close(string reason)
    {
        if (!_pending.Close(reason))
            return;
        _sender.Complete();
        _stop.Cancel();
        _closed.TrySetResult(reason);
    }

    private static async Task<string> ReadSomeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[2000];
        var read = await (await response.Content.ReadAsStreamAsync(cancellationToken)).ReadAtLeastAsync(buffer, buffer.Length, false, cancellationToken);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, read);
    }

    [LoggerMessage(LogLevel.Warning, "An answer of {Expert} cannot be read and is dropped: {Error}")]
    private static partial void LogInvalid(ILogger logger, ExpertId expert, string? error);

    /// <summary>The body of the request: lasts as long as the stream.</summary>
    private sealed class SendingContent(DirectExpertChannel channel) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context, CancellationToken cancellationToken)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, channel._stop.Token);
            await channel._sender.RunAsync(stream, either.Token);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
