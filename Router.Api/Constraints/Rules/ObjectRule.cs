namespace Router.Api.Constraints.Rules;

/// <param name="Key">The name as JSON, quotes included.</param>
internal sealed record Property(byte[] Key, Rule Value, bool Required);

/// <summary>
/// A JSON object: its properties in the order of the schema, optional ones perhaps left out, then any others where those are allowed.
/// </summary>
internal sealed class ObjectRule : Rule
{
    private const int Opening = 0, First = 1, InKey = 2, AfterKey = 3, AfterColon = 4, AfterValue = 5, AfterComma = 6;

    private readonly KeyRule _keys;
    private readonly FreeKeyRule _freeKey;

    public ObjectRule(IReadOnlyList<Property> properties)
    {
        Properties = properties;
        (_keys, _freeKey) = (new(this), new([.. properties.Select(p => p.Key)]));
    }

    public IReadOnlyList<Property> Properties { get; }

    /// <summary>What properties beyond those of the schema hold; null allows none.</summary>
    public Rule? Others { get; set; }

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        ref var frame = ref thread.Top;   // A: the first property that may still come; B: white space; Value: the one that is read, -1 for another
        switch (frame.State)
        {
            case Opening when next == '{':
                frame.State = First;
                break;
            case First or AfterValue when next == '}' && NextRequired(frame.A) == Properties.Count:
                thread.Pop();
                break;
            case AfterKey when next == ':':
                (frame.State, frame.B) = (AfterColon, 0);
                break;
            case AfterValue when next == ',' && (frame.A < Properties.Count || Others is not null):
                (frame.State, frame.B) = (AfterComma, 0);
                break;
            case First or AfterColon or AfterValue or AfterComma when Whitespace.Read(ref frame, next):
                break;
            case First or AfterComma when next == '"' && thread.HasRoom:
                StartKey(machine, thread, next);
                return;
            case AfterColon when thread.HasRoom:
                (frame.State, frame.B) = (AfterValue, 0);
                thread.Push(frame.Value < 0 ? Others! : Properties[(int)frame.Value].Value);
                machine.Deliver(thread, next);
                return;
            default:
                return;
        }
        machine.Keep(thread);
    }

    public override int Remaining(in Frame frame) => frame.State switch
    {
        Opening => MinBytes,
        First => Tail(frame.A, comma: false),
        InKey => 0,   // the key knows what comes after it
        AfterKey => Sum(1, ValueOf(frame).MinBytes, Tail(frame.A, comma: true)),
        AfterColon => Sum(ValueOf(frame).MinBytes, Tail(frame.A, comma: true)),
        AfterValue => Tail(frame.A, comma: true),
        _ => AfterCommaTail(frame.A),
    };

    /// <summary>The first required property at or after <paramref name="from"/>, or how many there are.</summary>
    public int NextRequired(int from)
    {
        while (from < Properties.Count && !Properties[from].Required)
            from++;
        return from;
    }

    /// <summary>A key was read to its end.</summary>
    public static void EndKey(JsonThread thread, int property)
    {
        thread.Pop();
        ref var frame = ref thread.Top;
        (frame.State, frame.Value) = (AfterKey, property);
        if (property >= 0)
            frame.A = property + 1;
    }

    /// <summary>Bytes from a key's end to the object's.</summary>
    public int AfterKeyOf(int property) => Sum(1, Properties[property].Value.MinBytes, Tail(property + 1, comma: true));

    protected override int ComputeMinBytes() => Sum(1, Tail(0, comma: false));

    private Rule ValueOf(in Frame frame) => frame.Value < 0 ? Others! : Properties[(int)frame.Value].Value;

    /// <summary>The required properties from <paramref name="from"/> on and the closing brace.</summary>
    private int Tail(int from, bool comma)
    {
        long sum = 1;
        for (var i = from; i < Properties.Count; i++)
            if (Properties[i].Required)
            {
                sum += Properties[i].Key.Length + 1L + Properties[i].Value.MinBytes + (comma ? 1 : 0);
                comma = true;
            }
        return Sum(sum);
    }

    /// <summary>After a comma one property must come, required or not.</summary>
    private int AfterCommaTail(int from)
    {
        if (NextRequired(from) < Properties.Count)
            return Tail(from, comma: false);
        var least = Others is null ? Endless : Sum(3, Others.MinBytes);
        for (var i = from; i < Properties.Count; i++)
            least = Math.Min(least, Sum(Properties[i].Key.Length, 1, Properties[i].Value.MinBytes));
        return Sum(least, 1);
    }

    private void StartKey(JsonMachine machine, JsonThread thread, byte next)
    {
        var from = thread.Top.A;
        var required = NextRequired(from);
        if (required == Properties.Count && Others is not null)
        {
            var other = machine.Fork(thread);
            other.Top.State = AfterKey;
            other.Top.Value = -1;
            // Then the properties of the schema are behind: they come in order, before the others.
            other.Top.A = Properties.Count;
            other.Push(_freeKey);
            machine.Deliver(other, next);
        }
        if (from == Properties.Count)
            return;
        thread.Top.State = InKey;
        ref var key = ref thread.Push(_keys);
        key.Value = (uint)from | (long)Math.Min(required + 1, Properties.Count) << 32;
        machine.Deliver(thread, next);
    }
}
