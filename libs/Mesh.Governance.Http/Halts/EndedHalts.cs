using System.Collections.Immutable;
using Mesh.Governance.Acts;

namespace Mesh.Governance.Http.Halts;

/// <summary>An ended halt.</summary>
/// <param name="Time">As its requester signed it, Unix seconds.</param>
internal sealed record EndedHalt(string Id, string Requester, long Time);

/// <summary>
/// The halts that were ended, in bounded space: of each requester the <see cref="Most"/> with the latest times by their ids, and of the earlier ones the latest time alone. A halt of theirs from
/// that time or before is no new one. Times of one requester are compared with each other, never two clocks, so nobody can take from anybody else the right to halt.
/// </summary>
/// <param name="Newest">By id, oldest of a requester first.</param>
/// <param name="Forgotten">Up to when the halts of a requester are forgotten.</param>
internal sealed record EndedHalts(ImmutableList<EndedHalt> Newest, ImmutableDictionary<string, long> Forgotten)
{
    /// <summary>Of one requester: more than anybody halts a mesh in years, so that a clock that was set back seldom matters.</summary>
    public const int Most = 256;

    public static EndedHalts None { get; } = new([], ImmutableDictionary<string, long>.Empty);

    public bool Contains(string id) => Newest.Exists(h => h.Id == id);

    /// <summary>Whether ended halts of that time are known no more.</summary>
    public bool IsForgotten(HaltOrder halt) => Forgotten.TryGetValue(halt.Requester, out var until) && halt.Time <= until;

    public EndedHalts With(IEnumerable<SignedAct<HaltOrder>> halts) => halts.Aggregate(this, (ended, halt) => ended.With(new EndedHalt(halt.Hash, halt.Act.Requester, halt.Act.Time)));

    private EndedHalts With(EndedHalt halt)
    {
        var after = Newest.FindIndex(h => h.Requester == halt.Requester && h.Time > halt.Time);
        var newest = after < 0 ? Newest.Add(halt) : Newest.Insert(after, halt);
        if (newest.Count(h => h.Requester == halt.Requester) <= Most)
            return this with { Newest = newest };
        var oldest = newest.Find(h => h.Requester == halt.Requester)!;
        return new(newest.Remove(oldest), Forgotten.SetItem(oldest.Requester, Math.Max(oldest.Time, Forgotten.GetValueOrDefault(oldest.Requester))));
    }
}
