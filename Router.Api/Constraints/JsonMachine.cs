namespace Router.Api.Constraints;

/// <summary>
/// Reads a text byte by byte against a grammar, every possible reading at once, and knows how many bytes it takes at least to end it.
/// Allocates nothing once its threads have grown.
/// </summary>
internal sealed class JsonMachine
{
    /// <summary>Readings beyond this are dropped: fewer texts are allowed then, never wrong ones.</summary>
    private const int MaxThreads = 64;

    private List<JsonThread> _threads = [], _next = [];
    private int _count, _nextCount;
    private readonly List<JsonThread> _spare = [];
    private int _spareUsed;

    public JsonMachine(Rule root) => Restart(root);

    public void Restart(Rule root)
    {
        _count = 1;
        Thread(_threads, 0).Clear();
        _threads[0].Push(root);
    }

    /// <summary>True when the text may end here.</summary>
    public bool IsComplete
    {
        get
        {
            for (var i = 0; i < _count; i++)
                if (_threads[i].Depth == 0 || (_threads[i].Depth == 1 && _threads[i].Top.Rule.MayEnd(_threads[i].Top)))
                    return true;
            return false;
        }
    }

    /// <summary>Least number of bytes to a text that may end.</summary>
    public int Distance
    {
        get
        {
            var least = Rule.Endless;
            for (var i = 0; i < _count; i++)
            {
                long sum = 0;
                foreach (ref readonly var frame in _threads[i].Frames)
                    sum += frame.Rule.Remaining(_threads[i], frame);
                least = (int)Math.Min(least, sum);
            }
            return least;
        }
    }

    /// <summary>Reads one byte; false when no text that starts like this is allowed.</summary>
    public bool Feed(byte next)
    {
        _nextCount = _spareUsed = 0;
        for (var i = 0; i < _count; i++)
            Deliver(_threads[i], next);
        (_threads, _next) = (_next, _threads);
        _count = _nextCount;
        return _count > 0;
    }

    public void CopyFrom(JsonMachine other)
    {
        _count = other._count;
        for (var i = 0; i < _count; i++)
            Thread(_threads, i).CopyFrom(other._threads[i]);
    }

    /// <summary>Gives the byte to the innermost rule of a thread that this call may change.</summary>
    public void Deliver(JsonThread thread, byte next)
    {
        if (thread.Depth > 0)
            thread.Top.Rule.Advance(this, thread, next);
    }

    /// <summary>The thread goes on like this.</summary>
    public void Keep(JsonThread thread)
    {
        if (_nextCount < MaxThreads)
            Thread(_next, _nextCount++).CopyFrom(thread);
    }

    /// <summary>Another thread that has come as far, valid until the next byte.</summary>
    public JsonThread Fork(JsonThread thread)
    {
        var fork = Thread(_spare, _spareUsed++);
        fork.CopyFrom(thread);
        return fork;
    }

    private static JsonThread Thread(List<JsonThread> threads, int index)
    {
        if (index == threads.Count)
            threads.Add(new());
        return threads[index];
    }
}
