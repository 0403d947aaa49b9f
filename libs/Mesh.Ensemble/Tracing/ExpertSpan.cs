using System.Diagnostics;

namespace Mesh.Ensemble.Tracing;

/// <summary>One expert's part in a generation: from its first question to the end, with drops and lateness as events and its figures as tags.</summary>
internal sealed class ExpertSpan(Activity activity)
{
    /// <summary>Collectors keep 128 events of a span; the tags count all.</summary>
    private const int MostEvents = 64;
    private int _asked, _answers, _votes, _drops, _late, _events;
    private long _bytes;
    private double _weight, _milliseconds, _slowest;
    private string? _lastDrop;

    public void OnAsked() => _asked++;

    public void OnAnswered(TimeSpan elapsed, int bytes)
    {
        _answers++;
        _bytes += bytes;
        _milliseconds += elapsed.TotalMilliseconds;
        _slowest = Math.Max(_slowest, elapsed.TotalMilliseconds);
    }

    public void OnVote(float weight)
    {
        _votes++;
        _weight += weight;
    }

    public void OnDropped(string reason, int position)
    {
        _drops++;
        _lastDrop = reason;
        Tell("drop", position, "mesh.reason", reason);
    }

    public void OnLate(TimeSpan past, int position)
    {
        _late++;
        Tell("late", position, "mesh.past_deadline_ms", Math.Round(past.TotalMilliseconds, 2));
    }

    public void End()
    {
        activity.SetTag("mesh.steps", _asked);
        activity.SetTag("mesh.answers", _answers);
        activity.SetTag("mesh.votes", _votes);
        activity.SetTag("mesh.weight.mean", _votes > 0 ? Math.Round(_weight / _votes, 4) : 0);
        activity.SetTag("mesh.drops", _drops);
        activity.SetTag("mesh.late", _late);
        activity.SetTag("mesh.bytes", _bytes);
        activity.SetTag("mesh.step_ms.mean", _answers > 0 ? Math.Round(_milliseconds / _answers, 3) : 0);
        activity.SetTag("mesh.step_ms.max", Math.Round(_slowest, 3));
        if (_answers == 0 && _lastDrop is not null)
            activity.SetStatus(ActivityStatusCode.Error, _lastDrop);
        GenerationSpan.Stop(activity);
    }

    private void Tell(string name, int position, string key, object value)
    {
        if (_events++ < MostEvents)
            activity.AddEvent(new(name, tags: new() { ["mesh.position"] = position, [key] = value }));
    }
}
