namespace Governance.Workflows.Tests.Faults;

/// <summary>When a process dies, of the entry that it dies at.</summary>
internal enum Moment
{
    /// <summary>It is in the store, and no majority has seen it.</summary>
    Written,
    /// <summary>A majority has seen it, and the nodes hear of that.</summary>
    Committed,
    /// <summary>The act that it is was answered.</summary>
    Answered,
    /// <summary>Somewhere on the way to the next one.</summary>
    Later,
}

/// <param name="Step">The entry, counted from the beginning of the telling.</param>
/// <param name="Victims">Processes that die together.</param>
/// <param name="Delay">Of <see cref="Moment.Later"/>.</param>
internal sealed record Kill(int Step, IReadOnlyList<string> Victims, Moment Moment, TimeSpan Delay)
{
    public override string ToString() => $"{string.Join("+", Victims)} at {Step} {Moment.ToString().ToLowerInvariant()}{(Moment == Moment.Later ? $" {Delay.TotalMilliseconds:0} ms" : "")}";
}

/// <summary>Carries out what was planned, as soon as the step is seen.</summary>
internal sealed class Killing : IDisposable
{
    private readonly Lock _gate = new();
    private readonly GovernedMesh _mesh;
    private readonly long _start;
    private readonly List<Kill> _left;
    private readonly List<Task> _later = [];
    private long _written;

    /// <param name="start">Entries there were before the story.</param>
    public Killing(GovernedMesh mesh, long start, IEnumerable<Kill> plan)
    {
        (_mesh, _start, _left) = (mesh, start, [.. plan]);
        foreach (var router in mesh.Routers)
        {
            router.Written += OnWritten;
            router.Committed += OnCommitted;
        }
    }

    public int Done { get; private set; }

    /// <summary>What is left is done now: an answer came in another order than was planned, or was the last.</summary>
    public async Task FinishAsync()
    {
        Task[] later;
        lock (_gate)
        {
            foreach (var kill in _left)
                Carry(kill);
            Done += _left.Count;
            _left.Clear();
            later = [.. _later];
        }
        await Task.WhenAll(later);
    }

    public void OnAnswered()
    {
        lock (_gate)
            Carry(_written, Moment.Answered);
    }

    public void Dispose()
    {
        foreach (var router in _mesh.Routers)
        {
            router.Written -= OnWritten;
            router.Committed -= OnCommitted;
        }
    }

    private void OnWritten(long size)
    {
        lock (_gate)
        {
            _written = Math.Max(_written, size);
            Carry(size, Moment.Written);
            Carry(size, Moment.Later);
        }
    }

    private void OnCommitted(long size)
    {
        lock (_gate)
            Carry(size, Moment.Committed);
    }

    private void Carry(long size, Moment moment)
    {
        foreach (var kill in _left.Where(k => k.Moment == moment && _start + k.Step < size).ToArray())
        {
            _left.Remove(kill);
            Done++;
            if (moment == Moment.Later)
                _later.Add(Task.Delay(kill.Delay).ContinueWith(_ => Carry(kill), TaskScheduler.Default));
            else
                Carry(kill);
        }
    }

    private void Carry(Kill kill)
    {
        foreach (var victim in kill.Victims)
            _mesh.Kill(victim);
    }
}
