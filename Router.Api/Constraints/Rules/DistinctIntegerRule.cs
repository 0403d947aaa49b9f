using System.Buffers.Binary;

namespace Router.Api.Constraints.Rules;

/// <summary>An integer that none before it was: items of an array that are unique.</summary>
internal sealed class DistinctIntegerRule : Rule
{
    private const long Furthest = 999_999_999_999_999;   // fifteen digits: every parser keeps them

    private readonly NumberBounds _bounds;
    private readonly int _count;

    /// <param name="count">How many there may be of it.</param>
    public DistinctIntegerRule(decimal least, decimal greatest, int count)
    {
        (_bounds, _count) = (new(Math.Max(least, -Furthest), Math.Min(greatest, Furthest), 0), count);
        Measure();
    }

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        ref var frame = ref thread.Top;   // State: a kind of NumberPart; B: 1 when negative; Value: the digits; C: where the integers before it begin in the memory
        var part = Part(frame);
        if (next == '-' && part.Kind == NumberPart.Nothing)
            (frame.State, frame.B) = (NumberPart.Sign, 1);
        else if (next is >= (byte)'0' and <= (byte)'9' && Append(part, next - '0') is { } longer)
            (frame.State, frame.Value) = (longer.Kind, longer.Digits);
        else
        {
            if (next is >= (byte)'0' and <= (byte)'9' || !MayEndAt(part, Seen(thread, frame)))
                return;
            Span<byte> value = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(value, Value(part));
            foreach (var b in value)
                thread.Remember(b);
            thread.Pop();
            machine.Deliver(thread, next);
            return;
        }
        if (Remaining(thread, frame) < Endless)
            machine.Keep(thread);
    }

    public override int Remaining(JsonThread thread, in Frame frame) =>
        frame.State == NumberPart.Nothing ? MinBytes : Missing(Part(frame), Seen(thread, frame));

    /// <summary>So many bytes that more integers have no more than may come before.</summary>
    protected override int ComputeMinBytes()
    {
        var power = 1m;
        for (var bytes = 1; bytes <= 16; bytes++, power *= 10)
            if (Between(0, power * 10 - 1) + Between(-(power - 1), -1) > _count)
                return bytes;
        return Endless;

        decimal Between(decimal from, decimal to) => Math.Max(0, Math.Floor(Math.Min(to, _bounds.Greatest)) - Math.Ceiling(Math.Max(from, _bounds.Least)) + 1);
    }

    private int Missing(in NumberPart part, ReadOnlySpan<byte> seen)
    {
        if (MayEndAt(part, seen))
            return 0;
        if (!AnyStartsWith(part, seen))
            return _bounds.Missing(part);
        var least = Endless;
        for (var digit = 0; digit <= 9; digit++)
            if (Append(part, digit) is { } longer && 1 + _bounds.Missing(longer) < least)
                least = Math.Min(least, 1 + Missing(longer, seen));
        return least;
    }

    private bool MayEndAt(in NumberPart part, ReadOnlySpan<byte> seen)
    {
        if (!_bounds.Holds(part))
            return false;
        for (; seen.Length > 0; seen = seen[sizeof(long)..])
            if (BinaryPrimitives.ReadInt64LittleEndian(seen) == Value(part))
                return false;
        return true;
    }

    private static bool AnyStartsWith(in NumberPart part, ReadOnlySpan<byte> seen)
    {
        for (; seen.Length > 0; seen = seen[sizeof(long)..])
        {
            var value = BinaryPrimitives.ReadInt64LittleEndian(seen);
            if (value < 0 != part.Negative)
                continue;
            for (var digits = Math.Abs(value); ; digits /= 10)
                if (digits == part.Digits || part.Kind == NumberPart.Sign)
                    return true;
                else if (digits < part.Digits)
                    break;
        }
        return false;
    }

    /// <summary>Null where no integer goes on like this; minus zero would be zero.</summary>
    private static NumberPart? Append(in NumberPart part, int digit) => part.Kind switch
    {
        NumberPart.Nothing => new(digit == 0 ? NumberPart.Zero : NumberPart.Whole, false, digit, 0),
        NumberPart.Sign when digit > 0 => new(NumberPart.Whole, true, digit, 0),
        NumberPart.Whole when part.Digits <= Furthest / 10 => part with { Digits = part.Digits * 10 + digit },
        _ => null,
    };

    private static long Value(in NumberPart part) => part.Negative ? -part.Digits : part.Digits;

    private static ReadOnlySpan<byte> Seen(JsonThread thread, in Frame frame) => thread.Memory[frame.C..];

    private static NumberPart Part(in Frame frame) => new(frame.State, frame.B == 1, frame.Value, 0);
}
