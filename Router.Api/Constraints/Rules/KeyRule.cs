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
        ref var frame = ref thread.Top;   // State: bytes read; A to B: the keys that start like this; Value: the properties from (low half) to (high half) that may come
        if (frame.State == 0)
            (frame.A, frame.B) = (0, _keys.Length);
        LiteralRule.Narrow(_keys, frame.State, next, ref frame.A, ref frame.B);
        frame.State++;
        for (var i = frame.A; i < frame.B; i++)
        {
            if (!MayCome(frame, i))
                continue;
            if (_keys[i].Length == frame.State)   // no key starts another: the closing quote is part of it
                ObjectRule.EndKey(thread, _properties[i]);
            machine.Keep(thread);
            return;
        }
    }

    public override int Remaining(in Frame frame)
    {
        var least = Endless;
        var (from, to) = frame.State == 0 ? (0, _keys.Length) : (frame.A, frame.B);
        for (var i = from; i < to; i++)
            if (MayCome(frame, i))
                least = Math.Min(least, Sum(_keys[i].Length - frame.State, _of.AfterKeyOf(_properties[i])));
        return least;
    }

    protected override int ComputeMinBytes() => Endless;

    private bool MayCome(in Frame frame, int key) => _properties[key] >= (int)(frame.Value & 0xFFFFFFFF) && _properties[key] < frame.Value >> 32;
}

/// <summary>The name of a property that the schema does not name: no escapes, so that its bytes tell it from those.</summary>
internal sealed class FreeKeyRule : Rule
{
    private const int MaxBytes = 64;
    private const int Opening = 0, Body = 1, Continuation = 2;

    private readonly byte[][] _taken;   // sorted, with quotes

    public FreeKeyRule(byte[][] taken)
    {
        _taken = [.. taken];
        Array.Sort(_taken, static (a, b) => a.AsSpan().SequenceCompareTo(b));
        Measure();
    }

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        ref var frame = ref thread.Top;   // A: bytes; B: continuation bytes to come; Value: what the next of them may be, and above 32 bits whether only taken keys start like this
        switch (frame.State)
        {
            case Opening when next == '"':
                frame.State = Body;
                break;
            case Body when next == '"' && frame.A > 1 && !IsTaken(frame):
                ObjectRule.EndKey(thread, -1);
                machine.Keep(thread);
                return;
            case Body when next is not ((byte)'"' or (byte)'\\') && next is >= 0x20 and < 0x80 && frame.A < MaxBytes:
                break;
            case Body when next >= 0x80 && frame.A < MaxBytes && Utf8.TryLead(next, out var continuations, out var range):
                (frame.State, frame.B) = (Continuation, continuations);
                frame.Value = frame.Value & ~0xFFFFL | range;
                break;
            case Continuation when Utf8.InRange(next, frame.Value & 0xFFFF):
                frame.Value = frame.Value & ~0xFFFFL | Utf8.AnyContinuation;
                if (--frame.B == 0)
                    frame.State = Body;
                break;
            default:
                return;
        }
        Match(ref frame, next);
        machine.Keep(thread);
    }

    public override int Remaining(in Frame frame) => frame.State switch
    {
        Opening => MinBytes,
        Body => frame.A == 1 || IsTaken(frame) ? 2 : 1,
        _ => frame.B + 1,
    };

    protected override int ComputeMinBytes() => 3;

    /// <summary>Value's third byte and up: 1 + the first taken key that is equal so far, 0 before any byte; -1 when none is.</summary>
    private void Match(ref Frame frame, byte next)
    {
        var low = (int)(frame.Value >> 16);
        if (low >= 0 && _taken.Length > 0)
        {
            var high = _taken.Length;
            // Keys from low on share the bytes read; those after them differ and are passed over by comparing again.
            while (low < high && !(_taken[low].Length > frame.A && _taken[low][frame.A] == next && SharesStart(low, (int)(frame.Value >> 16), frame.A)))
                low++;
            frame.Value = frame.Value & 0xFFFF | (long)(low < high ? low : -1) << 16;
        }
        frame.A++;
    }

    private bool SharesStart(int key, int with, int length) => _taken[key].Length >= length && _taken[key].AsSpan(0, length).SequenceEqual(_taken[with].AsSpan(0, length));

    private bool IsTaken(in Frame frame) =>
        _taken.Length > 0 && frame.Value >> 16 is >= 0 and var low && _taken[low].Length == frame.A + 1;
}
