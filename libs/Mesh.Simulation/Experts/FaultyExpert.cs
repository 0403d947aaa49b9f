using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;

namespace Mesh.Simulation.Experts;

/// <summary>What can go wrong at an expert, each with its probability per step, and how long things take.</summary>
public sealed record FaultPlan
{
    public TimeSpan MeanDelay { get; init; } = TimeSpan.FromMilliseconds(20);
    /// <summary>Ten to a hundred times the usual delay.</summary>
    public double Slow { get; init; }
    /// <summary>An answer that breaks one of the rules.</summary>
    public double Garbage { get; init; }
    /// <summary>The step is done twice, or the answer before this one comes again.</summary>
    public double Twice { get; init; }
    /// <summary>No answer until the caller gives up.</summary>
    public double Never { get; init; }
    /// <summary>No answer ever, whatever the caller does.</summary>
    public double Deaf { get; init; }
    /// <summary>The host dies, and comes back without its caches.</summary>
    public double Death { get; init; }
    public TimeSpan MeanDowntime { get; init; } = TimeSpan.FromSeconds(1);
    /// <summary>A part of the cache is evicted.</summary>
    public double Eviction { get; init; }
    /// <summary>Busy, loading, refused or failed.</summary>
    public double Refusal { get; init; }
    /// <summary>An exception that no contract speaks of.</summary>
    public double Bug { get; init; }
}

/// <summary>
/// A <see cref="ToyExpert"/> behind a line and a host on which everything goes wrong now and then, by a seed. It also watches its caller: one step of a
/// session at a time, and hands off the request while it is under way.
/// </summary>
public sealed class FaultyExpert(ToyExpert inner, FaultPlan plan, TimeProvider time, int seed) : IExpertChannel
{
    private readonly Random _random = new(seed);
    private readonly HashSet<SessionId> _busy = [], _released = [];
    private readonly Dictionary<SessionId, uint> _lastTurn = [];
    private long _downUntil;

    public ExpertId Expert => inner.Expert;
    public ToyExpert Inner => inner;

    /// <summary>What the caller did that it must not do.</summary>
    public List<string> Violations { get; } = [];

    public event Action? Died, CameBack;

    public async ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        if (!_busy.Add(request.Session))
            Violations.Add("Two steps of one session at once.");
        if (_released.Contains(request.Session))
            Violations.Add("A step after the release.");
        var before = Print(request);
        try
        {
            await AnswerAsync(request, reply, cancellationToken);
        }
        finally
        {
            _busy.Remove(request.Session);
            if (Print(request) != before)
                Violations.Add("The request changed while it was under way.");
        }
    }

    public void Release(SessionId session)
    {
        _released.Add(session);
        inner.Release(session);
    }

    private async Task AnswerAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        if (IsDown)
            throw new ExpertUnreachableException(Expert, "its host is down");
        if (Chance(plan.Death))
            await DieAsync(cancellationToken);
        if (Chance(plan.Bug))
            throw new InvalidCastException("a bug of the channel");
        if (Chance(plan.Deaf))
            await new TaskCompletionSource().Task;
        if (Chance(plan.Eviction))
            inner.Forget(_random.Next(8));
        try
        {
            var delay = plan.MeanDelay * -Math.Log(1 - _random.NextDouble()) * (Chance(plan.Slow) ? _random.Next(10, 100) : 1);
            await Task.Delay(Chance(plan.Never) ? Timeout.InfiniteTimeSpan : delay, time, cancellationToken);
        }
        catch (OperationCanceledException) when (Chance(0.5))
        {
            Do(request, new());
            throw;
        }
        if (IsDown)
            throw new ExpertUnreachableException(Expert, "its host died meanwhile");
        if (Chance(plan.Refusal))
        {
            reply.Reset(request.Session, request.Turn, (StepStatus)_random.Next(2, 7) is var status and not StepStatus.ContextFull ? status : StepStatus.Busy);
            return;
        }
        Do(request, reply);
        if (Chance(plan.Twice) && !Repeat(request, reply))
            Do(request, reply);
        _lastTurn[request.Session] = request.Turn;
        if (reply.Status == StepStatus.Ok && Chance(plan.Garbage))
            Garbage.Spoil(request, reply, inner.Model.VocabularySize, _random);
    }

    private bool IsDown => time.GetTimestamp() < _downUntil;

    private bool Chance(double probability) => probability > 0 && _random.NextDouble() < probability;

    /// <summary>The answer before this one comes again in its place.</summary>
    private bool Repeat(StepRequest request, StepReply reply)
    {
        if (!Chance(0.5) || !_lastTurn.TryGetValue(request.Session, out var turn))
            return false;
        reply.Turn = turn;
        return true;
    }

    private void Do(StepRequest request, StepReply reply)
    {
        if (!_released.Contains(request.Session))
            inner.StepAsync(request, reply, CancellationToken.None).GetAwaiter().GetResult();
        else
            reply.Reset(request.Session, request.Turn, StepStatus.Refused);
    }

    private async Task DieAsync(CancellationToken cancellationToken)
    {
        var downtime = plan.MeanDowntime * -Math.Log(1 - _random.NextDouble());
        _downUntil = time.GetTimestamp() + (long)(downtime.TotalSeconds * time.TimestampFrequency);
        inner.Restart();
        Died?.Invoke();
        _ = ComeBackAsync(downtime);
        await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(50)), time, cancellationToken);
        throw new ExpertUnreachableException(Expert, "its host has died");
    }

    private async Task ComeBackAsync(TimeSpan downtime)
    {
        await Task.Delay(downtime, time);
        CameBack?.Invoke();
    }

    private static int Print(StepRequest request)
    {
        var hash = new HashCode();
        foreach (var token in request.Tokens)
            hash.Add(token);
        hash.Add((request.DraftTemperature, request.DraftKey));
        return HashCode.Combine(request.Session, request.Turn, request.Position, request.Drafts, request.Scores, request.Continuation, hash.ToHashCode());
    }
}
