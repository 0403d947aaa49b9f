namespace Router.Api.Constraints.Rules;

/// <summary>One of several texts that none before it was: items of an array that are unique.</summary>
internal sealed class DistinctLiteralRule : Rule
{
    /// <summary>Texts beyond these are left out.</summary>
    public const int MaxTexts = 64;

    private readonly byte[][] _texts;

    public DistinctLiteralRule(IEnumerable<byte[]> texts)
    {
        _texts = [.. texts];
        Array.Sort(_texts, static (a, b) => a.AsSpan().SequenceCompareTo(b));
        Measure();
    }

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        ref var frame = ref thread.Top;   // State: bytes read; A to B: the texts that start like this; C: where the numbers of those before it begin in the memory
        if (frame.State == 0)
            (frame.A, frame.B) = (0, _texts.Length);
        LiteralRule.Narrow(_texts, frame.State, next, ref frame.A, ref frame.B);
        frame.State++;
        if (frame.A == frame.B)
            return;
        if (_texts[frame.A].Length == frame.State)
        {
            if (!thread.Memory[frame.C..].Contains((byte)frame.A))
            {
                var ended = machine.Fork(thread);
                ended.Remember((byte)frame.A);
                ended.Pop();
                machine.Keep(ended);
            }
            frame.A++;
        }
        if (Remaining(thread, frame) < Endless)
            machine.Keep(thread);
    }

    public override int Remaining(JsonThread thread, in Frame frame)
    {
        var least = Endless;
        var (from, to) = frame.State == 0 ? (0, _texts.Length) : (frame.A, frame.B);
        var used = thread.Memory[frame.C..];
        for (var i = from; i < to; i++)
            if (_texts[i].Length - frame.State < least && !used.Contains((byte)i))
                least = _texts[i].Length - frame.State;
        return least;
    }

    /// <summary>Of any that may be left.</summary>
    protected override int ComputeMinBytes() => _texts.Max(t => t.Length);
}
