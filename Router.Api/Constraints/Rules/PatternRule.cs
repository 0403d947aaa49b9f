using Router.Api.Constraints.Patterns;

namespace Router.Api.Constraints.Rules;

/// <summary>A JSON string whose text is of a pattern's language. Characters are written plainly, or escaped where JSON demands it.</summary>
internal class PatternRule : Rule
{
    protected const int Opening = 0, Body = 1, Escape = 2, Continuation = 3;   // from 3 on: bytes of the whole character, plus 1

    private readonly PatternAutomaton _text;

    public PatternRule(PatternAutomaton text)
    {
        _text = text;
        Measure();
    }

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        ref var frame = ref thread.Top;   // A: state of the automaton; B: continuation bytes to come; Value: the bits of the character so far
        switch (frame.State)
        {
            case Opening when next == '"':
                frame.State = Body;
                break;
            case Body when next == '"':
                if (_text.Distance(frame.A) > 0)
                    return;
                End(thread);
                machine.Keep(thread);
                return;
            case Body when next == '\\':
                frame.State = Escape;
                break;
            case Body when next is >= 0x20 and < 0x80:
                frame.A = _text.Next(frame.A, next);
                break;
            case Body when Utf8.TryLead(next, out frame.B, out _):
                frame.State = Continuation + frame.B - 1;
                frame.Value = next & (0x3F >> frame.B);
                break;
            case Escape when Meaning(next) is { } character:
                (frame.State, frame.A) = (Body, _text.Next(frame.A, character));
                break;
            case >= Continuation when (next & 0xC0) == 0x80:
                frame.Value = frame.Value << 6 | (next & 0x3Fu);
                if (--frame.B == 0)
                {
                    // Overlong forms and surrogates lead nowhere: no class has that many bytes there.
                    if (_text.Nearest(frame.A, (int)frame.Value, (int)frame.Value, frame.State - Continuation + 2) >= Endless)
                        return;
                    (frame.State, frame.A) = (Body, _text.Next(frame.A, (int)frame.Value));
                }
                break;
            default:
                return;
        }
        if (Remaining(thread, frame) < Endless)
            machine.Keep(thread);
    }

    /// <summary>The text is complete.</summary>
    protected virtual void End(JsonThread thread) => thread.Pop();

    public override int Remaining(JsonThread thread, in Frame frame) => frame.State switch
    {
        Opening => MinBytes,
        Body => Sum(_text.Distance(frame.A), 1),
        Escape => Sum(NearestEscape(frame.A), 2),
        _ => Sum(_text.Nearest(frame.A, First(frame), First(frame) + (1 << 6 * frame.B) - 1, frame.State - Continuation + 2), frame.B, 1),
    };

    protected override int ComputeMinBytes() => Sum(_text.Distance(0), 2);

    protected static int First(in Frame frame) => (int)frame.Value << 6 * frame.B;

    private int NearestEscape(int state)
    {
        var least = Endless;
        foreach (var character in "\"\\\b\f\n\r\t")
            least = Math.Min(least, _text.Distance(_text.Next(state, character)));
        return least;
    }

    protected static int? Meaning(byte escape) => escape switch
    {
        (byte)'"' or (byte)'\\' => escape,
        (byte)'b' => '\b',
        (byte)'f' => '\f',
        (byte)'n' => '\n',
        (byte)'r' => '\r',
        (byte)'t' => '\t',
        _ => null,
    };
}
