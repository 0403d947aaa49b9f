namespace Router.Api.Constraints.Rules;

/// <summary>Rules one after the other.</summary>
internal sealed class SequenceRule : Rule
{
    /// <summary>At least one. Set after construction where a part holds the sequence itself.</summary>
    public Rule[] Parts { get; set; } = [];

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        var part = Parts[thread.Top.State];
        // The last part takes the sequence's own place, so that sequences in sequences do not grow deep.
        if (++thread.Top.State == Parts.Length)
            thread.Pop();
        if (!thread.HasRoomFor(part))
            return;
        thread.Push(part);
        machine.Deliver(thread, next);
    }

    public override int Remaining(JsonThread thread, in Frame frame)
    {
        long sum = 0;
        for (var i = frame.State; i < Parts.Length; i++)
            sum += Parts[i].MinBytes;
        return Sum(sum);
    }

    protected override int ComputeMinBytes() => Parts.Length == 0 ? Endless : Sum(Parts.Sum(p => (long)p.MinBytes));

    protected override int ComputeMinDepth() => Parts.Length == 0 ? Endless : Math.Max(Parts[^1].MinDepth, 1 + Parts[..^1].Select(p => p.MinDepth).DefaultIfEmpty(0).Max());
}
