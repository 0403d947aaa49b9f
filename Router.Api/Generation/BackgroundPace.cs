using Mesh.Ensemble.TokenLoop;
using Microsoft.Extensions.Options;
using Router.Api.Errors;
using Router.Api.Hosting;

namespace Router.Api.Generation;

/// <summary>
/// Keeps the mesh's own work out of users' way. It has places of its own, <see cref="RouterOptions.BackgroundShare"/> as many as users, taken for one round at a time: while a
/// user's completion runs or waits none is given, but for what users' tokens have paid for. So it has at most its share, and does not starve.
/// </summary>
internal sealed class BackgroundPace(IOptions<RouterOptions> options, TimeProvider time) : IGenerationPace
{
    /// <summary>Tokens that are decoded together take less time than one after the other: so many more cost as much as one.</summary>
    private const int TokensAsOne = 8;

    private readonly Lock _gate = new();
    private readonly LinkedList<Place> _waiting = new();
    private readonly int _places = Math.Max(1, (int)(options.Value.MaxConcurrent * options.Value.BackgroundShare));
    private readonly double _price = 1 / options.Value.BackgroundShare - 1;   // of a token, in users' tokens
    private int _requests, _users, _running;
    private double _paid;
    private volatile bool _standsStill;

    /// <summary>Rounds that stand still.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>A request begins; <see cref="End"/> must follow.</summary>
    /// <exception cref="ApiException">429: as many wait as may.</exception>
    public void Begin()
    {
        lock (_gate)
            _requests = _requests < _places + options.Value.MaxQueued ? _requests + 1 : throw Busy("Too much of the mesh's own work is running and waiting. Please try again later.");
    }

    public void End()
    {
        lock (_gate)
            _requests--;
    }

    /// <summary>A user's request waits or runs from now on, until <see cref="OnUserGone"/>.</summary>
    public void OnUser()
    {
        lock (_gate)
            _users++;
    }

    public void OnUserGone()
    {
        lock (_gate)
        {
            if (--_users == 0)
                _paid = 0;
            Admit();
        }
    }

    /// <summary>A user got a token. Called for every one, so it takes no lock while nobody stands still.</summary>
    public void OnUserToken()
    {
        if (!_standsStill)
            return;
        lock (_gate)
        {
            if (_waiting.First is { Value: var next })
                _paid = Math.Min(_paid + 1, PriceOf(next));   // what nobody takes is not saved up
            Admit();
        }
    }

    /// <exception cref="ApiException">429: it was not to go on for as long as a user waits for a turn at most.</exception>
    public async ValueTask<IDisposable> EnterAsync(int tokens, CancellationToken cancellationToken)
    {
        var place = new Place(this, tokens);
        lock (_gate)
        {
            _waiting.AddLast(place.Node);
            Admit();
        }
        if (place.Task.IsCompleted)
            return place;
        using var timer = time.CreateTimer(static waiting => ((Place)waiting!).GiveUp(default), place, options.Value.QueueTimeout, Timeout.InfiniteTimeSpan);
        using var registration = cancellationToken.UnsafeRegister(static (waiting, cancelled) => ((Place)waiting!).GiveUp(cancelled), place);
        await place.Task;
        return place;
    }

    private double PriceOf(Place place) => (1 + place.Tokens / TokensAsOne) * _price;

    /// <summary>Lets in whoever is next for as long as there are places, and no users or enough of their tokens.</summary>
    private void Admit()
    {
        while (_waiting.First is { Value: var next } && _running < _places && (_users == 0 || _paid >= PriceOf(next)))
        {
            if (_users > 0)
                _paid -= PriceOf(next);
            _waiting.RemoveFirst();
            _running++;
            next.SetResult();
        }
        _standsStill = _waiting.Count > 0;
    }

    /// <summary>False when it was let in already.</summary>
    private bool GiveUp(Place place)
    {
        lock (_gate)
        {
            if (place.Node.List is null)
                return false;
            _waiting.Remove(place.Node);
            Admit();
            return true;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _running--;
            Admit();
        }
    }

    private ApiException Busy(string message) => ApiErrors.Busy(message, options.Value.QueueTimeout, isBackground: true);

    /// <summary>One round's place; completed when it may begin.</summary>
    private sealed class Place : TaskCompletionSource, IDisposable
    {
        private readonly BackgroundPace _pace;

        public Place(BackgroundPace pace, int tokens) : base(TaskCreationOptions.RunContinuationsAsynchronously) =>
            (_pace, Tokens, Node) = (pace, tokens, new(this));

        public int Tokens { get; }
        public LinkedListNode<Place> Node { get; }

        /// <param name="cancelled">None: the time is up.</param>
        public void GiveUp(CancellationToken cancelled)
        {
            if (!_pace.GiveUp(this))
                return;
            if (cancelled.IsCancellationRequested)
                SetCanceled(cancelled);
            else
                SetException(_pace.Busy("The mesh's own work waited too long for users. Please try again later."));
        }

        public void Dispose() => _pace.Leave();
    }
}
