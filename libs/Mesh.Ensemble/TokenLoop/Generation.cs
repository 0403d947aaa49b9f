using System.Runtime.CompilerServices;
using Mesh.Contracts.Steps;
using Mesh.Contracts.Streams;
using Mesh.Ensemble.Tracing;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>
/// One completion under way, round by round: ask, collect, choose. A round yields one token, or several when drafts were accepted. One caller at a time;
/// only cancellation comes from elsewhere.
/// </summary>
internal sealed class Generation : IDisposable
{
    /// <summary>Whoever is asked beside the voters has so many rounds before its answer counts, and is awaited if it may matter.</summary>
    private const int CatchUpRounds = 4;

    /// <summary>How often the routing is looked at while nobody can be asked: it brings no signal.</summary>
    private static readonly TimeSpan RoutingInterval = TimeSpan.FromMilliseconds(250);

    private readonly EnsembleTokenLoop _loop;
    private readonly GenerationRequest _request;
    private readonly SessionRouting _routing;
    private readonly Signal _signal = new();
    private readonly ITimer _timer;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenRegistration _registration;
    private readonly Roster _roster;
    private readonly Selection _selection;
    private readonly Drafting _drafting;
    private readonly SessionText _text;
    private readonly Evidence _evidence;
    private readonly Answers _answers;
    private readonly Asking _asking;
    private readonly Collecting _collecting;
    private readonly GenerationSpan? _span;
    private Choice? _choice;
    private long? _noneSince;
    private string? _fault;
    private bool _continuable;

    public Generation(EnsembleTokenLoop loop, GenerationRequest request, CancellationToken cancellationToken)
    {
        (_loop, _request, _routing, _cancellationToken) = (loop, request, new(loop, request), cancellationToken);
        _span = GenerationSpan.Start(request, _routing.Options);
        _text = new(request.Prompt.Span);
        var session = SessionId.New();
        _roster = new(loop, _routing, session, _signal);
        _selection = new(_routing);
        _drafting = new(_routing.Options.Speculation);
        _evidence = new(_routing, _text, request.Observer);
        _answers = new(_text, _evidence, loop.Logger);
        _asking = new(_routing, request.Sampling, session, _roster, _text, _evidence, _drafting, _answers, _span);
        _collecting = new(_roster, _asking, _answers, new(_routing, _text), _routing, _signal);
        _timer = loop.Time.CreateTimer(static signal => ((Signal)signal!).Set(), _signal, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _registration = cancellationToken.UnsafeRegister(static generation => ((Generation)generation!)._roster.Close(), this);
    }

    public List<TokenEvent> Events { get; } = [];

    public bool IsFinished => Events.Count > 0 && Events[^1].Finish != FinishReason.None;

    private long Now => _loop.Time.GetElapsedTime(0).Ticks;

    /// <summary>Waits for a first expert and refuses a prompt that cannot work, before anybody is asked.</summary>
    public async ValueTask PrepareAsync()
    {
        var since = Now;
        while (true)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            _routing.Follow(_text, _roster.Lanes);
            _roster.Follow(leastContext: 0);
            if (_roster.Lanes.Count > 0)
                break;
            _roster.Watch();
            if (Now - since >= _routing.Options.NoExpertGrace.Ticks)
                throw NoExpert();
            Wake(Math.Min(since + _routing.Options.NoExpertGrace.Ticks, Now + RoutingInterval.Ticks));
            await _signal.WaitAsync();
        }
        foreach (var lane in _roster.Lanes)
            _asking.Window = Math.Min(_asking.Window, lane.Peer.Card.ContextLength);
        if (_request.Prompt.Span.IndexOfAnyExceptInRange(0, _roster.VocabularySize - 1) is >= 0 and var index)
            throw new ArgumentException($"Token {_request.Prompt.Span[index]} of the prompt is outside the vocabulary of {_roster.VocabularySize}.");
        if (_text.Count > _asking.Window && !TrySlide())
            throw new ContextLengthException(_text.Count, _asking.Window);
        _choice = new(_request, _routing, _text, _evidence, _loop.Lanes.RentMixture(_roster.VocabularySize), _asking.Window);
    }

    /// <summary>Begins a round. Returns at once.</summary>
    public void Ask()
    {
        var now = Now;
        _asking.Begin(now);
        _noneSince = null;
        if (_text.Count > _asking.Window)
            TrySlide();
        _routing.Follow(_text, _roster.Lanes);
        _roster.Follow(_asking.Window);
        foreach (var lane in _roster.Lanes)
            _answers.Settle(lane);
        if (_asking.Round == 1)
            _selection.First(_roster.Lanes);
        else
        {
            _selection.Next(_roster.Lanes, _text.Count);
            _drafting.BeginRound(_routing.Options.Speculation);
            var room = Math.Min(_asking.Window - _text.Count, _request.MaxTokens - _choice!.Generated - 1);
            _drafting.Guess(_roster.Lanes, _text, _continuable, room);
        }
        foreach (var lane in _roster.Lanes)
        {
            (lane.Answered, lane.Chosen, lane.Dropped, lane.Resends, lane.Weight) = (false, false, null, 0, 0);
            lane.IsDue = lane is { IsPending: true, Barred: false } && _asking.Round >= lane.Due;
        }
        _asking.Key = _choice!.Key;
        foreach (var lane in _selection.Voters)
        {
            lane.Chosen = true;
            if (Asking.IsPossible(lane, now))
                _asking.Start(lane, now, voter: true, extend: true);
        }
        foreach (var lane in _selection.Others)
            if (lane is { IsPending: true, Lost: false })
            {
                if (_selection.IsNear(lane, _text.Count))
                    Return(lane, now);
            }
            else if (Asking.IsPossible(lane, now))
            {
                lane.Due = _asking.Round + CatchUpRounds;
                _asking.Start(lane, now, voter: false, extend: false);
            }
    }

    /// <summary>
    /// A voter that has not answered the last question yet votes on this one too. If it was only slower than the first K, the new question overtakes the
    /// old one, where that saves a long way to and fro; if it was late, the old one is waited for, or a slow expert would be buried in questions.
    /// </summary>
    private void Return(Lane lane, long now)
    {
        lane.Chosen = true;
        if (_routing.Options.OverSelection == 0 || lane.Superseded || now >= lane.Deadline || lane.Pace.Parts is var (way, decode) && way < decode)
            return;
        lane.Superseded = true;
        lane.Cancel();
        if (lane.HasEnded)
            _collecting.Take(lane, now);
    }

    /// <summary>Waits until the round's answers are in, or as many of them as will be in time.</summary>
    /// <exception cref="NoExpertException">There are none, and none came back.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask CollectAsync()
    {
        while (true)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            if (IsRoundOver())
                return;
            await _signal.WaitAsync();
        }
    }

    /// <summary>Mixes the answers and draws; <see cref="Events"/> are the round's tokens.</summary>
    public void Choose()
    {
        if (_asking.Round == 1)
            _evidence.SettlePrompt(_roster.Lanes);
        Events.Clear();
        var now = Now;
        var elapsed = TimeSpan.FromTicks(now - _asking.BegunAt);
        _continuable = _choice!.Run(_roster.Lanes, _drafting, Events, elapsed);
        foreach (var lane in _roster.Lanes)
            if (lane is { Chosen: true, Answered: true } && lane.EndedAt > lane.Deadline)
                OnLate(lane, lane.EndedAt, isAwaited: true);
            else if (lane is { Chosen: true, Answered: false, Dropped: null, IsInFlight: true } && now >= lane.Deadline)
                OnLate(lane, now, isAwaited: false);
        _span?.OnRound(_roster.Lanes, Events, _text.Count, elapsed);
        if (_request.Observer is not { } observer)
            return;
        observer.OnRound(elapsed, Events.Count);
        foreach (var lane in _roster.Lanes)
            if (lane.Chosen)
                observer.OnVote(lane.Peer.Id, lane.Weight, lane.Answered ? TimeSpan.FromTicks(lane.EndedAt - lane.StartedAt) : null, Events.Count);
    }

    public void Dispose()
    {
        _registration.Dispose();
        _timer.Dispose();
        Tell(_request.Observer);
        _span?.End(Events.Count > 0 ? Events[^1].Finish : FinishReason.None, _fault);
        _roster.Dispose();
        if (_choice is not null)
            _loop.Lanes.Return(_choice.Mixture);
    }

    private bool IsRoundOver()
    {
        var now = Now;
        _roster.Follow(_asking.Window);
        if (_collecting.IsOver(now) is not { } wake)
            return true;
        if (_collecting.IsStarving)
        {
            _roster.Watch();
            var end = (_noneSince ??= now) + _routing.Options.NoExpertGrace.Ticks;
            // Nobody has answered, so no token is under way: others may be allowed by now.
            _routing.Follow(_text, _roster.Lanes);
            // An attempt that began in time may still show that somebody is back. Later ones are not waited for, or there might always be one.
            if (now >= end && _collecting.OldestAttempt >= end)
                throw NoExpert();
            wake = Math.Min(wake, now < end ? Math.Min(end, now + RoutingInterval.Ticks) : now + RoutingInterval.Ticks);
        }
        Wake(wake);
        return false;
    }

    private void OnLate(Lane lane, long now, bool isAwaited)
    {
        var past = TimeSpan.FromTicks(now - lane.Deadline);
        if (isAwaited)
            EnsembleMetrics.OnAwaited(lane.Peer.Id, past);
        else
            EnsembleMetrics.OnDropped(lane.Peer.Id, DropReason.Late);
        lane.Span?.OnLate(past, _text.Count);
    }

    private bool TrySlide()
    {
        if (_routing.Options.SlideAnchor is not { } anchor)
            return false;
        anchor = Math.Min(anchor, _asking.Window / 4);
        _text.Slide(anchor, Math.Max(1, _asking.Window / 2));
        return true;
    }

    private void Tell(IGenerationObserver? observer)
    {
        if (observer is null)
            return;
        foreach (var lane in _roster.Lanes)
            if (lane.Told is { Count: > 0 } told)
                observer.OnExpert(lane.Peer.Id, told.Sum, told.Count);
    }

    private void Wake(long at) => _timer.Change(
        at == long.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, at - Now)), Timeout.InfiniteTimeSpan);

    private NoExpertException NoExpert() => new(_fault = _request.Only is { } only
        ? $"Expert '{only}' did not answer within {_routing.Options.NoExpertGrace.TotalSeconds:0.#} s."
        : $"No expert answered within {_routing.Options.NoExpertGrace.TotalSeconds:0.#} s.");
}
