namespace Router.Api.Constraints.Rules;

/// <summary>A JSON string of well-formed UTF-8, its length bounded in characters.</summary>
internal sealed class StringRule : Rule
{
    private const int Opening = 0, Body = 1, Escape = 2, Hex = 3, SurrogateHex = 4, Continuation = 5;

    private readonly int _least, _most;

    public StringRule(int least = 0, int most = int.MaxValue)
    {
        (_least, _most) = (least, most);
        Measure();
    }

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        ref var frame = ref thread.Top;   // A: characters; B: bytes or digits to come; Value: what the next of them may be
        switch (frame.State)
        {
            case Opening when next == '"':
                frame.State = Body;
                break;
            case Body when next == '"' && frame.A >= _least:
                thread.Pop();
                break;
            case Body when next is not (byte)'"' && frame.A < _most && ReadBody(ref frame, next):
            case Escape when ReadEscape(ref frame, next):
            case Hex or SurrogateHex when ReadHex(ref frame, next):
                break;
            case Continuation when Utf8.InRange(next, frame.Value):
                frame.Value = Utf8.AnyContinuation;
                if (--frame.B == 0)
                    frame.State = Body;
                break;
            default:
                return;
        }
        machine.Keep(thread);
    }

    public override int Remaining(JsonThread thread, in Frame frame) => frame.State switch
    {
        Opening => MinBytes,
        Escape => 2 + Missing(frame),
        Body => 1 + Missing(frame),
        _ => frame.B + 1 + Missing(frame),
    };

    protected override int ComputeMinBytes() => Sum(_least, 2);

    private int Missing(in Frame frame) => Math.Max(0, _least - frame.A);

    private static bool ReadBody(ref Frame frame, byte next)
    {
        frame.A++;
        if (next == '\\')
            frame.State = Escape;
        else if (next >= 0x80)
        {
            frame.State = Continuation;
            return Utf8.TryLead(next, out frame.B, out frame.Value);
        }
        return next >= 0x20;
    }

    private static bool ReadEscape(ref Frame frame, byte next)
    {
        (frame.State, frame.B) = next == 'u' ? (Hex, 4) : (Body, 0);
        return next is (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t' or (byte)'u';
    }

    /// <summary>Four digits; no halves of surrogate pairs, which would be no text: after a first D comes 0 to 7.</summary>
    private static bool ReadHex(ref Frame frame, byte next)
    {
        if (!char.IsAsciiHexDigit((char)next) || (frame.State == SurrogateHex && next is not (>= (byte)'0' and <= (byte)'7')))
            return false;
        frame.State = frame.B == 4 && (next | 0x20) == 'd' ? SurrogateHex : Hex;
        if (--frame.B == 0)
            frame.State = Body;
        return true;
    }
}
