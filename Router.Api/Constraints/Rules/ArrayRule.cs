namespace Router.Api.Constraints.Rules;

/// <summary>A JSON array of so many items of one kind.</summary>
internal sealed class ArrayRule : Rule
{
    private const int Opening = 0, First = 1, AfterItem = 2, AfterComma = 3;

    private readonly int _least, _most;

    public ArrayRule(int least = 0, int most = int.MaxValue) => (_least, _most) = (least, most);

    public Rule? Items { get; set; }

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        ref var frame = ref thread.Top;   // A: items; B: white space
        switch (frame.State)
        {
            case Opening when next == '[':
                frame.State = First;
                break;
            case First or AfterItem when next == ']' && frame.A >= _least:
                thread.Pop();
                break;
            case AfterItem when next == ',' && frame.A < _most:
                (frame.State, frame.B) = (AfterComma, 0);
                break;
            case First or AfterItem or AfterComma when Whitespace.Read(ref frame, next):
                break;
            case First or AfterComma when frame.A < _most && thread.HasRoom:
                (frame.State, frame.B) = (AfterItem, 0);
                frame.A++;
                thread.Push(Items!);
                machine.Deliver(thread, next);
                return;
            default:
                return;
        }
        machine.Keep(thread);
    }

    public override int Remaining(in Frame frame)
    {
        if (frame.State == Opening)
            return MinBytes;
        var missing = Math.Max(frame.State == AfterComma ? 1 : 0, _least - frame.A);
        // Each has a comma before it, but for the first and for the one whose comma is there.
        var commas = missing - (frame.State == AfterItem || missing == 0 ? 0 : 1);
        return Sum(1, commas, missing == 0 ? 0 : (long)missing * Items!.MinBytes);
    }

    protected override int ComputeMinBytes() => Sum(2, Math.Max(0, _least - 1), _least == 0 ? 0 : (long)_least * Items!.MinBytes);
}
