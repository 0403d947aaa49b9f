namespace Router.Api.Constraints.Rules;

/// <summary>A JSON number, or an integer, perhaps within bounds. Digits are limited, so that every parser keeps the value.</summary>
internal sealed class NumberRule : Rule
{
    private const int Start = 0, Minus = 1, Zero = 2, Whole = 3, Dot = 4, Fraction = 5, Exponent = 6, ExponentSign = 7, ExponentDigits = 8;
    private const int MaxExponent = 2;
    private const long FifteenDigits = 100_000_000_000_000;

    private readonly bool _integer;
    private readonly NumberBounds? _bounds;

    public NumberRule(bool integer, NumberBounds? bounds = null)
    {
        (_integer, _bounds) = (integer, bounds);
        Measure();
    }

    private int MaxFraction => _bounds?.Digits ?? 15;

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        ref var frame = ref thread.Top;   // A: digits after the point, or of the exponent; B: 1 when negative; Value: the digits
        if (Read(ref frame, next))
        {
            if (_bounds is null || frame.State >= Exponent || _bounds.CanHold(Part(frame)))
                machine.Keep(thread);
        }
        else if (next is not (>= (byte)'0' and <= (byte)'9') && MayEnd(frame))
        {
            thread.Pop();
            machine.Deliver(thread, next);
        }
    }

    public override bool MayEnd(in Frame frame) =>
        frame.State is Zero or Whole or Fraction or ExponentDigits && (_bounds is null || _bounds.Holds(Part(frame)));

    public override int Remaining(JsonThread thread, in Frame frame)
    {
        if (MayEnd(frame))
            return 0;
        return _bounds?.Missing(Part(frame)) ?? 1;
    }

    protected override int ComputeMinBytes() => _bounds?.Missing(new(NumberPart.Nothing, false, 0, 0)) ?? 1;

    private bool Read(ref Frame frame, byte next)
    {
        var digit = next - '0';
        var isDigit = digit is >= 0 and <= 9;
        switch (frame.State)
        {
            case Start when next == '-':
                (frame.State, frame.B) = (Minus, 1);
                return true;
            case Start or Minus when isDigit:
                (frame.State, frame.Value) = (digit == 0 ? Zero : Whole, digit);
                return true;
            case Whole when isDigit && frame.Value < FifteenDigits:
                frame.Value = frame.Value * 10 + digit;
                return true;
            case Zero or Whole when next == '.' && !_integer && frame.Value < FifteenDigits:
                frame.State = Dot;
                return true;
            case Dot or Fraction when isDigit && frame.A < MaxFraction && frame.Value < FifteenDigits:
                (frame.State, frame.Value) = (Fraction, frame.Value * 10 + digit);
                frame.A++;
                return true;
            case Zero or Whole or Fraction when next is (byte)'e' or (byte)'E' && !_integer && _bounds is null:
                (frame.State, frame.A) = (Exponent, 0);
                return true;
            case Exponent when next is (byte)'+' or (byte)'-':
                frame.State = ExponentSign;
                return true;
            case Exponent or ExponentSign or ExponentDigits when isDigit && frame.A < MaxExponent:
                frame.State = ExponentDigits;
                frame.A++;
                return true;
            default:
                return false;
        }
    }

    private static NumberPart Part(in Frame frame) => new(
        frame.State switch { Start => NumberPart.Nothing, Minus => NumberPart.Sign, Zero => NumberPart.Zero, Whole => NumberPart.Whole, Dot => NumberPart.Point, _ => NumberPart.Fraction },
        frame.B == 1, frame.Value, frame.A);
}
