using System.Text;
using Router.Api.Constraints.Patterns;

namespace Router.Api.Constraints.Rules;

/// <summary>A string that differs from those before it: items of an array that are unique, keys that an object does not have yet.</summary>
/// <param name="count">How many there may be of it.</param>
/// <param name="taken">JSON texts without quotes that it must never be.</param>
internal class DistinctTextRule(PatternAutomaton text, int count, IReadOnlyList<byte[]> taken) : PatternRule(text)
{
    private const byte EndOfText = 0xFF;   // no byte of UTF-8

    private readonly PatternAutomaton _text = text;

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        ref var frame = ref thread.Top;   // C: where the texts before it begin in the thread's memory
        if (frame.State == Body && next == '"')
        {
            if (IsForbidden(thread, frame))
                return;
            thread.Remember(EndOfText);
        }
        else if (frame.State != Opening)
            thread.Remember(next);
        base.Advance(machine, thread, next);
    }

    public override int Remaining(JsonThread thread, in Frame frame)
    {
        var least = base.Remaining(thread, frame);
        if (frame.State == Opening || least >= Endless)
            return Math.Max(least, frame.State == Opening ? MinBytes : 0);
        var (forbidden, isWhole) = (0, false);
        var read = Current(thread, frame);
        foreach (var other in new Others(this, thread, frame))
            if (other.StartsWith(read))
                (forbidden, isWhole) = (forbidden + 1, isWhole || other.Length == read.Length);
        if (forbidden == 0 || (frame.State == Body && (least == 1 ? !isWhole : _text.IsWide(frame.A, forbidden))))
            return least;
        return Way(frame, Endings(thread, frame, read));
    }

    protected override int ComputeMinBytes() => Sum(_text.DistanceToMany(count + taken.Count), 2);

    private int Way(in Frame frame, List<int[]> endings)
    {
        if (frame.State == Body)
            return Sum(_text.DistanceWithout(frame.A, endings), 1);
        if (frame.State != Escape)
        {
            var bytes = frame.State - Continuation + 2;
            return Sum(_text.StepWithout(frame.A, endings, 0, First(frame), First(frame) + (1 << 6 * frame.B) - 1, bytes) - bytes, frame.B, 1);
        }
        var least = Endless;
        foreach (var character in "\"\\\b\f\n\r\t")
            least = Math.Min(least, _text.StepWithout(frame.A, endings, 0, character, character, 2) - 2);
        return Sum(least, 2);
    }

    /// <summary>The characters of other texts from that on which is being read.</summary>
    private List<int[]> Endings(JsonThread thread, in Frame frame, ReadOnlySpan<byte> read)
    {
        var partial = frame.State switch { Body => 0, Escape => 1, _ => frame.State - Continuation + 2 - frame.B };
        var endings = new List<int[]>();
        foreach (var other in new Others(this, thread, frame))
            if (other.StartsWith(read))
                endings.Add(Decode(other[(read.Length - partial)..]));
        return endings;
    }

    private bool IsForbidden(JsonThread thread, in Frame frame)
    {
        var read = Current(thread, frame);
        foreach (var other in new Others(this, thread, frame))
            if (other.SequenceEqual(read))
                return true;
        return false;
    }

    private static ReadOnlySpan<byte> Current(JsonThread thread, in Frame frame)
    {
        var own = thread.Memory[frame.C..];
        return own[(own.LastIndexOf(EndOfText) + 1)..];
    }

    private static int[] Decode(ReadOnlySpan<byte> json)
    {
        var characters = new List<int>();
        while (!json.IsEmpty)
            if (json[0] == '\\' && json.Length > 1)
            {
                characters.Add(Meaning(json[1]) ?? json[1]);
                json = json[2..];
            }
            else
            {
                Rune.DecodeFromUtf8(json, out var rune, out var used);
                characters.Add(rune.Value);
                json = json[used..];
            }
        return [.. characters];
    }

    /// <summary>The texts that are taken, and those before this one.</summary>
    private ref struct Others(DistinctTextRule rule, JsonThread thread, in Frame frame)
    {
        private readonly IReadOnlyList<byte[]> _taken = rule.Taken;
        private ReadOnlySpan<byte> _memory = thread.Memory[frame.C..];
        private int _next;

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly Others GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_next < _taken.Count)
            {
                Current = _taken[_next++];
                return true;
            }
            var end = _memory.IndexOf(EndOfText);
            if (end < 0)
                return false;
            Current = _memory[..end];
            _memory = _memory[(end + 1)..];
            return true;
        }
    }

    private IReadOnlyList<byte[]> Taken => taken;
}

/// <summary>The name of a property that the schema does not name: none of those that it does, and none twice.</summary>
internal sealed class FreeKeyRule : DistinctTextRule
{
    public FreeKeyRule(PatternAutomaton text, IReadOnlyList<byte[]> taken) : base(text, ObjectRule.MaxOthers, taken) => Measure();

    protected override void End(JsonThread thread) => ObjectRule.EndKey(thread, -1);
}
