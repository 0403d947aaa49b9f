namespace Router.Api.Constraints.Rules;

/// <summary>One of several texts, exactly.</summary>
internal sealed class LiteralRule : Rule
{
    private readonly byte[][] _texts;

    public LiteralRule(IEnumerable<byte[]> texts)
    {
        _texts = [.. texts.DistinctBy(Convert.ToHexString)];
        Array.Sort(_texts, static (a, b) => a.AsSpan().SequenceCompareTo(b));
        Measure();
    }

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        ref var frame = ref thread.Top;   // State: bytes read; A to B: the texts that start like this
        if (frame.State == 0)
            (frame.A, frame.B) = (0, _texts.Length);
        Narrow(_texts, frame.State, next, ref frame.A, ref frame.B);
        frame.State++;
        if (frame.A == frame.B)
            return;
        if (_texts[frame.A].Length == frame.State)
        {
            var ended = machine.Fork(thread);
            ended.Pop();
            machine.Keep(ended);
            if (++frame.A == frame.B)
                return;   // no other text is longer
        }
        machine.Keep(thread);
    }

    public override int Remaining(JsonThread thread, in Frame frame)
    {
        if (frame.State == 0)
            return MinBytes;
        var least = Endless;
        for (var i = frame.A; i < frame.B; i++)
            least = Math.Min(least, _texts[i].Length - frame.State);
        return least;
    }

    protected override int ComputeMinBytes() => _texts.Length == 0 ? Endless : _texts.Min(t => t.Length);

    /// <summary>Of the sorted <paramref name="texts"/> from <paramref name="low"/> to <paramref name="high"/>, which are equal up to <paramref name="at"/>, those with this byte there.</summary>
    internal static void Narrow(byte[][] texts, int at, byte next, ref int low, ref int high)
    {
        while (low < high && (texts[low].Length <= at || texts[low][at] < next))
            low++;
        while (low < high && texts[high - 1].Length > at && texts[high - 1][at] > next)
            high--;
    }
}
