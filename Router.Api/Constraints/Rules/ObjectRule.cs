namespace Router.Api.Constraints.Rules;

/// <param name="Key">The name as JSON, quotes included.</param>
internal sealed record Property(byte[] Key, Rule Value, bool Required);

/// <summary>Properties that the schema does not name, or only by a pattern.</summary>
internal sealed record OtherProperties(FreeKeyRule Key, Rule Value);

/// <summary>
/// A JSON object: its properties in the order of the schema, optional ones perhaps left out, then any others where those are allowed.
/// </summary>
internal sealed class ObjectRule : Rule
{
    /// <summary>An object has no more properties beyond those of the schema.</summary>
    public const int MaxOthers = 64;

    private const int Opening = 0, First = 1, InKey = 2, AfterKey = 3, AfterColon = 4, AfterValue = 5, AfterComma = 6;

    private readonly KeyRule _keys;
    private readonly int[] _requiredFrom, _nextRequired;   // from each property on: how many are required, and the first of them
    private readonly int _least, _most;

    public ObjectRule(IReadOnlyList<Property> properties, int least = 0, int most = int.MaxValue)
    {
        (Properties, _least, _most) = (properties, least, most);
        _keys = new(this);
        (_requiredFrom, _nextRequired) = (new int[Count + 1], new int[Count + 1]);
        _nextRequired[Count] = Count;
        for (var i = Count - 1; i >= 0; i--)
            (_requiredFrom[i], _nextRequired[i]) = properties[i].Required ? (_requiredFrom[i + 1] + 1, i) : (_requiredFrom[i + 1], _nextRequired[i + 1]);
    }

    public IReadOnlyList<Property> Properties { get; }

    public IReadOnlyList<OtherProperties> Others { get; set; } = [];

    private int Count => Properties.Count;

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        // A: the first property that may still come; B: white space; C: where the memory of keys begins;
        // Value: how many came (high half), and the one that is read, below zero for another (low half)
        ref var frame = ref thread.Top;
        switch (frame.State)
        {
            case Opening when next == '{':
                (frame.State, frame.C) = (First, thread.Memory.Length);
                break;
            case First or AfterValue when next == '}' && _nextRequired[frame.A] == Count && Came(frame) >= _least:
                thread.Forget(frame.C);
                thread.Pop();
                break;
            case AfterKey when next == ':':
                (frame.State, frame.B) = (AfterColon, 0);
                break;
            case AfterValue when next == ',' && MayGoOn(thread, frame):
                (frame.State, frame.B) = (AfterComma, 0);
                break;
            case First or AfterColon or AfterValue or AfterComma when Whitespace.Read(ref frame, next):
                break;
            case First or AfterComma when next == '"':
                StartKey(machine, thread, next);
                return;
            case AfterColon:
                (frame.State, frame.B) = (AfterValue, 0);
                thread.Push(ValueOf(frame));
                machine.Deliver(thread, next);
                return;
            default:
                return;
        }
        machine.Keep(thread);
    }

    public override int Remaining(JsonThread thread, in Frame frame) => frame.State switch
    {
        Opening => MinBytes,
        First => Tail(frame.A, Came(frame), comma: false),
        InKey => 0,   // the key knows what comes after it
        AfterKey => Sum(1, ValueOf(frame).MinBytes, Tail(frame.A, Came(frame), comma: true)),
        AfterColon => Sum(ValueOf(frame).MinBytes, Tail(frame.A, Came(frame), comma: true)),
        AfterValue => Tail(frame.A, Came(frame), comma: true),
        _ => AfterCommaTail(frame.A, Came(frame)),
    };

    /// <summary>A key was read to its end; <paramref name="property"/> is below zero for one that the schema does not name.</summary>
    public static void EndKey(JsonThread thread, int property)
    {
        thread.Pop();
        ref var frame = ref thread.Top;
        frame.State = AfterKey;
        if (property >= 0)
            Begin(ref frame, property, property + 1);
    }

    /// <summary>Whether a property may come next in the object of that frame, at that depth.</summary>
    public bool MayTake(in Frame frame, int depth, int property)
    {
        if (property < frame.A || property > _nextRequired[frame.A] || !Fits(Properties[property].Value, depth))
            return false;
        var came = Came(frame) + 1;
        return Properties[property].Required
            || (came + _requiredFrom[property + 1] <= _most && (Others.Count > 0 || came + Count - (property + 1) >= _least));
    }

    /// <summary>Bytes from a key's end to the object's.</summary>
    public int AfterKeyOf(in Frame frame, int property) => Sum(1, Properties[property].Value.MinBytes, Tail(property + 1, Came(frame) + 1, comma: true));

    protected override int ComputeMinBytes() => _requiredFrom[0] > _most ? Endless : Sum(1, Tail(0, 0, comma: false));

    protected override int ComputeMinDepth()
    {
        var deepest = Properties.Where(p => p.Required).Select(p => p.Value.MinDepth).DefaultIfEmpty(0).Max();
        if (_least > _requiredFrom[0])
            deepest = Math.Max(deepest, Properties.Where(p => !p.Required).Select(p => p.Value.MinDepth).Concat(Others.Select(o => o.Value.MinDepth)).DefaultIfEmpty(Endless).Min());
        return 1 + deepest;
    }

    private static int Came(in Frame frame) => (int)(frame.Value >> 32);

    private static void Begin(ref Frame frame, int property, int next) => (frame.A, frame.Value) = (next, (Came(frame) + 1L) << 32 | (uint)property);

    private static bool Fits(Rule value, int depth) => value.MinBytes < Endless && depth + value.MinDepth <= JsonThread.MaxDepth;

    private Rule ValueOf(in Frame frame) => (int)frame.Value is var property && property < 0 ? Others[~property].Value : Properties[property].Value;

    private bool MayTakeOther(in Frame frame, int depth, OtherProperties other) =>
        _nextRequired[frame.A] == Count && Came(frame) < Math.Min(_most, Count + MaxOthers) && Fits(other.Value, depth) && other.Key.MinBytes < Endless;

    private bool MayGoOn(JsonThread thread, in Frame frame)
    {
        foreach (var other in Others)
            if (MayTakeOther(frame, thread.Depth, other))
                return true;
        for (var i = frame.A; i < Count && i <= _nextRequired[frame.A]; i++)
            if (MayTake(frame, thread.Depth, i))
                return true;
        return false;
    }

    /// <summary>The required properties from <paramref name="from"/> on, as many others as are still missing, and the closing brace.</summary>
    private int Tail(int from, int came, bool comma)
    {
        long sum = 1;
        var count = _requiredFrom[from];
        for (var i = _nextRequired[from]; i < Count; i = _nextRequired[i + 1])
            sum += BytesOf(Properties[i]);
        if (_least - came - count is > 0 and var missing)
        {
            sum += Cheapest(from, missing);
            count += missing;
        }
        return Sum(sum, count - (comma || count == 0 ? 0 : 1));
    }

    /// <summary>After a comma one property must come, required or not.</summary>
    private int AfterCommaTail(int from, int came) =>
        _requiredFrom[from] > 0 || came < _least ? Tail(from, came, comma: false) : Sum(Cheapest(from, 1), 1);

    /// <summary>The least bytes of so many properties that are not required, without commas.</summary>
    private int Cheapest(int from, int count)
    {
        var other = Endless;
        foreach (var others in Others)
            other = Math.Min(other, Sum(others.Key.MinBytes, 1, others.Value.MinBytes));
        Span<int> costs = stackalloc int[Count - from];
        var optional = 0;
        for (var i = from; i < Count; i++)
            if (!Properties[i].Required)
                costs[optional++] = BytesOf(Properties[i]);
        costs[..optional].Sort();
        long sum = 0;
        for (var i = 0; i < count; i++)
            sum += i < optional ? Math.Min(costs[i], other) : other;
        return Sum(sum);
    }

    private static int BytesOf(Property property) => Sum(property.Key.Length, 1, property.Value.MinBytes);

    private void StartKey(JsonMachine machine, JsonThread thread, byte next)
    {
        for (var i = 0; i < Others.Count; i++)
            if (MayTakeOther(thread.Top, thread.Depth, Others[i]))
            {
                var other = machine.Fork(thread);
                ref var frame = ref other.Top;
                frame.State = AfterKey;
                Begin(ref frame, ~i, Count);   // the properties of the schema are behind: they come in order, before the others
                var memory = frame.C;
                other.Push(Others[i].Key).C = memory;
                machine.Deliver(other, next);
            }
        if (thread.Top.A == Count)
            return;
        thread.Top.State = InKey;
        thread.Push(_keys);
        machine.Deliver(thread, next);
    }
}
