namespace Router.Api.Constraints.Rules;

/// <summary>A JSON array of so many items: first those with a rule of their own, then others of one kind.</summary>
internal sealed class ArrayRule : Rule
{
    private const int Opening = 0, First = 1, AfterItem = 2, AfterComma = 3;

    private readonly int _least, _most;

    public ArrayRule(int least = 0, int most = int.MaxValue) => (_least, _most) = (least, most);

    public IReadOnlyList<Rule> Prefix { get; init; } = [];

    /// <summary>Null where the prefix is all there can be.</summary>
    public Rule? Items { get; set; }

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        ref var frame = ref thread.Top;   // A: items; B: white space; C: where the memory of the items begins
        switch (frame.State)
        {
            case Opening when next == '[':
                (frame.State, frame.C) = (First, thread.Memory.Length);
                break;
            case First or AfterItem when next == ']' && frame.A >= _least:
                thread.Forget(frame.C);
                thread.Pop();
                break;
            case AfterItem when next == ',' && MayGoOn(thread, frame):
                (frame.State, frame.B) = (AfterComma, 0);
                break;
            case First or AfterItem or AfterComma when Whitespace.Read(ref frame, next):
                break;
            case First or AfterComma when MayGoOn(thread, frame):
                (frame.State, frame.B) = (AfterItem, 0);
                var memory = frame.C;
                thread.Push(Item(frame.A++)).C = memory;
                machine.Deliver(thread, next);
                return;
            default:
                return;
        }
        machine.Keep(thread);
    }

    public override int Remaining(JsonThread thread, in Frame frame)
    {
        if (frame.State == Opening)
            return MinBytes;
        var to = Math.Max(frame.State == AfterComma ? frame.A + 1 : 0, _least);
        var missing = Math.Max(0, to - frame.A);
        // Each has a comma before it, but for the first and for the one whose comma is there.
        return Sum(1, missing - (frame.State == AfterItem || missing == 0 ? 0 : 1), BytesOf(frame.A, to));
    }

    protected override int ComputeMinBytes() => Sum(2, Math.Max(0, _least - 1), BytesOf(0, _least));

    protected override int ComputeMinDepth()
    {
        var items = 0;
        for (var i = 0; i < Math.Min(_least, Prefix.Count + 1); i++)
            items = Math.Max(items, Item(i).MinDepth);
        return 1 + items;
    }

    private Rule Item(int index) => index < Prefix.Count ? Prefix[index] : Items!;

    private bool MayGoOn(JsonThread thread, in Frame frame) => frame.A < _most && Item(frame.A) is var item && item.MinBytes < Endless && thread.HasRoomFor(item);

    private long BytesOf(int from, int to)
    {
        long sum = 0;
        for (; from < to && from < Prefix.Count; from++)
            sum += Prefix[from].MinBytes;
        return from < to ? sum + (long)(to - from) * Items!.MinBytes : sum;
    }
}
