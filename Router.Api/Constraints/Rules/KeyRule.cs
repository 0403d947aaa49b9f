namespace Router.Api.Constraints.Rules;

/// <summary>The name of one of an object's properties that may come next.</summary>
internal sealed class KeyRule : Rule
{
    private readonly ObjectRule _of;
    private readonly byte[][] _keys;      // sorted
    private readonly int[] _properties;   // whose keys they are

    public KeyRule(ObjectRule of)
    {
        _of = of;
        _properties = [.. Enumerable.Range(0, of.Properties.Count)];
        _keys = [.. of.Properties.Select(p => p.Key)];
        Array.Sort(_keys, _properties, Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
    }

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        ref var frame = ref thread.Top;   // State: bytes read; A to B: the keys that start like this
        if (frame.State == 0)
            (frame.A, frame.B) = (0, _keys.Length);
        LiteralRule.Narrow(_keys, frame.State, next, ref frame.A, ref frame.B);
        frame.State++;
        for (var i = frame.A; i < frame.B; i++)
        {
            if (!MayCome(thread, i))
                continue;
            if (_keys[i].Length == frame.State)   // no key starts another: the closing quote is part of it
                ObjectRule.EndKey(thread, _properties[i]);
            machine.Keep(thread);
            return;
        }
    }

    public override int Remaining(JsonThread thread, in Frame frame)
    {
        var least = Endless;
        var (from, to) = frame.State == 0 ? (0, _keys.Length) : (frame.A, frame.B);
        for (var i = from; i < to; i++)
            if (MayCome(thread, i))
                least = Math.Min(least, Sum(_keys[i].Length - frame.State, _of.AfterKeyOf(thread.BelowTop, _properties[i])));
        return least;
    }

    protected override int ComputeMinBytes() => Endless;

    private bool MayCome(JsonThread thread, int key) => _of.MayTake(thread.BelowTop, thread.Depth - 1, _properties[key]);
}
