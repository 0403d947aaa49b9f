namespace Router.Api.Constraints;

/// <summary>
/// One part of a grammar over bytes. Rules are shared and never change once compiled; where a text stands in them is a <see cref="Frame"/>.
/// </summary>
internal abstract class Rule
{
    /// <summary>More than any text may have; a rule that still has it after compilation can never end.</summary>
    public const int Endless = 1 << 28;

    /// <summary>Bytes of the shortest text.</summary>
    public int MinBytes { get; protected set; } = Endless;

    /// <summary>Frames of the flattest text, its own included.</summary>
    public int MinDepth { get; private set; } = Endless;

    /// <summary>Computes the least sizes again from those of the parts; true when one changed. Called until nothing changes.</summary>
    public bool Measure()
    {
        var before = (MinBytes, MinDepth);
        (MinBytes, MinDepth) = (Math.Min(Endless, ComputeMinBytes()), Math.Min(Endless, ComputeMinDepth()));
        return (MinBytes, MinDepth) != before;
    }

    /// <summary>
    /// The frame on top of <paramref name="thread"/> is this rule's and <paramref name="next"/> comes. Hands every way to go on to
    /// <see cref="JsonMachine.Keep"/>, or delivers the byte on; doing neither ends the thread.
    /// </summary>
    public abstract void Advance(JsonMachine machine, JsonThread thread, byte next);

    /// <summary>Bytes that the frame needs at least until it ends, without those of the frames above it.</summary>
    public abstract int Remaining(JsonThread thread, in Frame frame);

    /// <summary>True when the text may end although only another byte would show it: numbers.</summary>
    public virtual bool MayEnd(in Frame frame) => false;

    protected abstract int ComputeMinBytes();

    protected virtual int ComputeMinDepth() => 1;

    /// <summary>Sums and products of lengths that stay below <see cref="Endless"/>.</summary>
    protected static int Sum(long a, long b = 0, long c = 0) => (int)Math.Min(Endless, a + b + c);
}

/// <summary>How far the text is in one rule; what the numbers mean is the rule's affair.</summary>
internal struct Frame
{
    public Rule Rule;
    public int State;
    public int A;
    public int B;
    public int C;
    public long Value;
}
