using Mesh.Simulation.Time;

namespace Mesh.Simulation.Network;

/// <summary>Messages are late, so they overtake each other; some are lost, some come twice; links are cut in one direction or both, and flap.</summary>
/// <param name="ends">How many ends it connects.</param>
internal sealed class SimulatedNetwork(VirtualTime time, int ends)
{
    /// <summary>Share of what is lost on a line that breaks it; the rest is sent again and comes late.</summary>
    private const double Breaks = 0.2;
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(0.2), MostAgain = TimeSpan.FromSeconds(1), Noticed = TimeSpan.FromSeconds(1), MostNoticed = TimeSpan.FromSeconds(2);
    /// <summary>Share of the datagrams that come again later, and while there is trouble of those that come late.</summary>
    private const double Delayed = 0.3;
    private readonly int[,] _cuts = new int[ends, ends];
    private readonly TimeSpan[,] _since = new TimeSpan[ends, ends];
    private int _heals;

    public TimeSpan MostDelay { get; init; } = TimeSpan.FromMilliseconds(40);

    /// <summary>Most that a datagram is late, and that it is after its first arrival when it comes again.</summary>
    public TimeSpan MostLate { get; init; }

    /// <summary>Datagrams are late now; that they come again is so all the time.</summary>
    public bool IsLate { get; set; }

    public double Loss { get; set; }

    public double Duplication { get; set; }

    /// <param name="broken">Null: the message is lost and nobody notices. Else it goes over a line, and this is called when its ends notice that the line broke.</param>
    public void Send(int from, int to, Action arrives, Action? broken = null)
    {
        for (var copies = time.Chance(Duplication) ? 2 : 1; copies > 0; copies--)
        {
            var delay = time.Some(MostDelay);
            if (broken is null && MostLate > TimeSpan.Zero)
            {
                delay += IsLate && time.Chance(Delayed) ? time.Some(MostLate) : TimeSpan.Zero;
                if (time.Chance(Delayed))
                    Deliver(from, to, delay + time.Some(MostLate), arrives, broken);
            }
            if (_cuts[from, to] > 0)
                Break(broken);
            else if (!time.Chance(Loss))
                Deliver(from, to, delay, arrives, broken);
            else if (broken is not null && !time.Chance(Breaks))
                Deliver(from, to, delay + Again + time.Some(MostAgain), arrives, broken);
            else
                Break(broken);
        }
    }

    /// <summary>The ends of a line notice by the missing signs of life that it broke.</summary>
    public void Break(Action? broken)
    {
        if (broken is not null)
            time.After(Noticed + time.Some(MostNoticed), broken);
    }

    /// <summary>Cuts links; what is under way on them is lost.</summary>
    /// <returns>Mends them, unless all was healed meanwhile. A link that was cut twice is to be mended twice.</returns>
    public Action Cut(IReadOnlyCollection<(int From, int To)> links)
    {
        var heals = _heals;
        foreach (var (from, to) in links)
            _cuts[from, to]++;
        return () =>
        {
            if (heals != _heals)
                return;
            foreach (var (from, to) in links)
            {
                _cuts[from, to]--;
                _since[from, to] = time.Elapsed;
            }
        };
    }

    /// <summary>From now on all is well.</summary>
    public void Heal()
    {
        _heals++;
        for (var from = 0; from < ends; from++)
            for (var to = 0; to < ends; to++)
                if (_cuts[from, to] > 0 || Loss > 0)
                    (_cuts[from, to], _since[from, to]) = (0, time.Elapsed);
        (Loss, Duplication, IsLate) = (0, 0, false);
    }

    /// <summary>For how long nothing was cut or lost from one end to the other and back.</summary>
    public TimeSpan Connected(int one, int other) => Loss > 0 || _cuts[one, other] > 0 || _cuts[other, one] > 0 ? TimeSpan.Zero
        : time.Elapsed - (_since[one, other] > _since[other, one] ? _since[one, other] : _since[other, one]);

    private void Deliver(int from, int to, TimeSpan delay, Action arrives, Action? broken) => time.After(delay, () =>
    {
        if (_cuts[from, to] == 0)
            arrives();
        else
            Break(broken);
    });
}
