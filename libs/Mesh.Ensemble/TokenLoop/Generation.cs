using System.Runtime.CompilerServices;
using Mesh.Contracts.Steps;
using Mesh.Contracts.Streams;
using Mesh.Ensemble.Gating;
using Mesh.Ensemble.Tracing;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>
/// One completion under way, round by round: ask, collect, choose. A round yields one token, or several when drafts were accepted. One caller at a time;
/// only cancellation comes from elsewhere.
/// </summary>
internal sealed class Generation : IDisposable
{
    private readonly EnsembleTokenLoop _loop;
    private readonly GenerationRequest _request;
    private readonly EnsembleOptions _options;
    private readonly SessionId _session = SessionId.New();
    private readonly Signal _signal = new();
    private readonly ITimer _timer;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenRegistration _registration;
    private readonly Roster _roster;
    private readonly IGate _gate;
    private readonly Selection _selection;
    private readonly Drafting _drafting;
    private readonly SessionText _text;
    private readonly Evidence _evidence;
    private readonly Answers _answers;
    private readonly GenerationSpan? _span;
    private Choice? _choice;
    private int _limit = int.MaxValue;
    private uint _turn;
    private long _round, _askedAt, _roundDeadline;
    private long? _noneSince;
    private string? _fault;
    private bool _continuable;

    public Generation(EnsembleTokenLoop loop, GenerationRequest request, CancellationToken cancellationToken)
    {
        (_loop, _request, _options, _cancellationToken) = (loop, request, (request.Ensemble ?? loop.Options).Settled, cancellationToken);
        _span = GenerationSpan.Start(request, _options);
        _gate = Gates.Create(_options, loop.GateModel, loop.Pool.Peers.AsSpan());
        foreach (var token in request.Prompt.Span)
            _gate.Advance(token);
        _text = new(request.Prompt.Span);
        _roster = new(loop, request, _gate, _session, _signal);
        _selection = new(_gate, _options);
        _drafting = new(_options.Speculation);
        _evidence = new(_gate, _text);
        _answers = new(_text, _evidence, loop.Logger);
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
            _roster.Follow(leastContext: 0);
            if (_roster.Lanes.Count > 0)
                break;
            _roster.Watch();
            if (Now - since >= _options.NoExpertGrace.Ticks)
                throw NoExpert();
            Wake(since + _options.NoExpertGrace.Ticks);
            await _signal.WaitAsync();
        }
        foreach (var lane in _roster.Lanes)
            _limit = Math.Min(_limit, lane.Peer.Card.ContextLength);
        if (_request.Prompt.Span.IndexOfAnyExceptInRange(0, _roster.VocabularySize - 1) is >= 0 and var index)
            throw new ArgumentException($"Token {_request.Prompt.Span[index]} of the prompt is outside the vocabulary of {_roster.VocabularySize}.");
        if (_text.Count > _limit && !TrySlide())
            throw new ContextLengthException(_text.Count, _limit);
        _choice = new(_loop, _request, _options, _gate, _text, _evidence, _loop.Lanes.RentMixture(_roster.VocabularySize), _limit);
    }

    /// <summary>Begins a round. Returns at once.</summary>
    public void Ask()
    {
        var now = _askedAt = Now;
        var first = ++_round == 1;
        _noneSince = null;
        if (_text.Count > _limit)
            TrySlide();
        _roster.Follow(_limit);
        foreach (var lane in _roster.Lanes)
            _answers.Settle(lane);
        if (first)
            _selection.First(_roster.Lanes);
        else
        {
            _selection.Next(_roster.Lanes, _text.Count);
            _drafting.BeginRound();
            var room = Math.Min(_limit - _text.Count, _request.MaxTokens - _choice!.Generated - 1);
            _drafting.Guess(_roster.Lanes, _text, _continuable, room);
        }
        foreach (var lane in _roster.Lanes)
            (lane.Answered, lane.Chosen, lane.Dropped, lane.Resends, lane.Weight) = (false, false, null, 0, 0);
        _roundDeadline = now + _options.MinimumDeadline.Ticks;
        foreach (var lane in _selection.Voters)
        {
            lane.Chosen = true;
            if (CanStart(lane, now))
                Start(lane, now, voter: true, extend: true);
        }
        foreach (var lane in _selection.Others)
            if (CanStart(lane, now))
                Start(lane, now, voter: false, extend: false);
            else if (lane is { IsInFlight: true, Lost: false } && _selection.IsNear(lane, _text.Count))
                Return(lane, now);
    }

    /// <summary>
    /// A voter that has not answered the last question yet votes on this one too. If it was only slower than the first K, the new question overtakes the
    /// old one, where that saves a long way to and fro; if it was late, the old one is waited for, or a slow expert would be buried in questions.
    /// </summary>
    private void Return(Lane lane, long now)
    {
        lane.Chosen = true;
        if (_options.OverSelection == 0 || lane.Superseded || now >= lane.Deadline || lane.Pace.Parts is var (way, decode) && way < decode)
            return;
        lane.Superseded = true;
        lane.Cancel();
        if (lane.HasEnded)
            Take(lane, now);
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
        if (_round == 1)
            _evidence.SettlePrompt(_roster.Lanes);
        Events.Clear();
        var now = Now;
        var elapsed = TimeSpan.FromTicks(now - _askedAt);
        _continuable = _choice!.Run(_roster.Lanes, _drafting, Events, elapsed);
        foreach (var lane in _roster.Lanes)
            if (lane is { Chosen: true, Answered: false, Dropped: null, IsInFlight: true } && now >= lane.Deadline)
                OnLate(lane, now);
        _span?.OnRound(_roster.Lanes, Events, _text.Count, elapsed);
    }

    public void Dispose()
    {
        _registration.Dispose();
        _timer.Dispose();
        _span?.End(Events.Count > 0 ? Events[^1].Finish : FinishReason.None, _fault);
        _roster.Dispose();
        if (_choice is not null)
            _loop.Lanes.Return(_choice.Mixture);
    }

    private bool IsRoundOver()
    {
        var now = Now;
        _roster.Follow(_limit);
        foreach (var lane in _roster.Lanes)
            if (lane.HasEnded)
                Take(lane, now);
        var (voters, waiting, inFlight, wake) = (0, 0, 0, long.MaxValue);
        foreach (var lane in _roster.Lanes)
        {
            // Ended since it was looked at above; its signal is set.
            if (lane.HasEnded)
                return false;
            if (lane.Answered && lane.Chosen)
                voters++;
            if (!lane.IsInFlight || lane.Lost)
                continue;
            if (now >= lane.HardLimit)
            {
                lane.Lost = true;
                lane.Cancel();
                continue;
            }
            inFlight++;
            wake = Math.Min(wake, lane.HardLimit);
            if (lane.Round != _round || !lane.Chosen || now >= lane.Deadline)
                continue;
            waiting++;
            wake = Math.Min(wake, lane.Deadline);
        }
        if (voters > 0 && waiting == 0 && _selection.LeadersMissingUntil(_roster.Lanes, _round, _options.LeaderPatience.Ticks) is var leaders && leaders > now)
            wake = Math.Min(wake, leaders);
        else if (voters > 0 && (waiting == 0 || (_round > 1 && voters >= _options.K)))
            return true;
        if (voters == 0 && waiting == 0)
        {
            foreach (var lane in _roster.Lanes)
            {
                // One that was only to catch up has answered without the drafts: it is asked anew, as a voter.
                if (!lane.Chosen)
                    lane.Answered = false;
                if (!CanStart(lane, now))
                {
                    if (lane is { Listed: true, Retired: false, IsInFlight: false })
                        wake = Math.Min(wake, lane.RetryAt);
                    continue;
                }
                lane.Chosen = true;
                Start(lane, now, voter: true, extend: true);
                inFlight++;
                wake = Math.Min(wake, lane.Deadline);
            }
            if (inFlight == 0)
                wake = Math.Min(wake, Starve(now));
        }
        Wake(wake);
        return false;
    }

    /// <summary>Nobody is being asked: how long the stream may go on like this.</summary>
    private long Starve(long now)
    {
        _roster.Watch();
        var end = (_noneSince ??= now) + _options.NoExpertGrace.Ticks;
        return now < end ? end : throw NoExpert();
    }

    private void Take(Lane lane, long now)
    {
        var current = lane.Round == _round;
        var again = _answers.Take(lane, _round, _roster.VocabularySize, now);
        if (lane.Retired || !lane.Listed)
            return;
        if (!lane.Chosen)
        {
            if (again && current)
                Start(lane, now, voter: false, extend: false);
            return;
        }
        // A voter of this round whose old step has only now ended, or that has lost its cache, is asked again while there is time.
        if ((again || !current) && lane.RetryAt <= now && !lane.Answered && (now < _roundDeadline || !AnyVoter()))
            Start(lane, now, voter: true, extend: !AnyVoter());
    }

    private bool AnyVoter()
    {
        foreach (var lane in _roster.Lanes)
            if (lane is { Answered: true, Chosen: true })
                return true;
        return false;
    }

    private static bool CanStart(Lane lane, long now) => lane is { Listed: true, Retired: false, IsInFlight: false, HasEnded: false, Answered: false } && now >= lane.RetryAt;

    private void Start(Lane lane, long now, bool voter, bool extend)
    {
        _answers.Settle(lane);
        var request = lane.Request;
        var from = Math.Min(lane.Held, _text.Count - 1);
        request.Reset(_session, ++_turn, from);
        request.Append(_text.Tokens[from..]);
        if (voter)
        {
            request.Append(_drafting.Draft);
            request.Drafts = _drafting.Count;
            request.Continuation = Math.Min(_drafting.ContinuationOf(lane.Pace), Math.Max(0, _limit - _text.Count - _drafting.Count));
            if (_options.CoupledDrafts)
                (request.DraftTemperature, request.DraftKey) = (Math.Min(_request.Sampling.Temperature, StepLimits.Temperature), _choice!.Key);
        }
        request.Scores = _evidence.Wanted(lane, request.TokenCount, request.Drafts);
        lane.Epoch = _text.Epoch;
        lane.Round = _round;
        var patience = Math.Max(_options.MinimumDeadline.Ticks, (long)(lane.Pace.Expected(request.TokenCount, request.Continuation).Ticks * _options.DeadlineFactor));
        lane.HardLimit = now + Math.Max(_options.TokenTimeout.Ticks, 2 * patience);
        if (extend)
            _roundDeadline = Math.Max(_roundDeadline, now + patience);
        lane.Deadline = extend ? now + patience : _roundDeadline;
        if (_span is not null)
            (lane.Span ??= _span.Of(lane.Peer.Id))?.OnAsked();
        _roster.Start(lane, now);
    }

    private void OnLate(Lane lane, long now)
    {
        EnsembleMetrics.OnDropped(lane.Peer.Id, DropReason.Late);
        lane.Span?.OnLate(TimeSpan.FromTicks(now - lane.Deadline), _text.Count);
    }

    private bool TrySlide()
    {
        if (_options.SlideAnchor is not { } anchor)
            return false;
        anchor = Math.Min(anchor, _limit / 4);
        _text.Slide(anchor, Math.Max(1, _limit / 2));
        return true;
    }

    private void Wake(long at) => _timer.Change(
        at == long.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, at - Now)), Timeout.InfiniteTimeSpan);

    private NoExpertException NoExpert() => new(_fault = _request.Only is { } only
        ? $"Expert '{only}' did not answer within {_options.NoExpertGrace.TotalSeconds:0.#} s."
        : $"No expert answered within {_options.NoExpertGrace.TotalSeconds:0.#} s.");
}
