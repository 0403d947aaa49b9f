namespace Router.Api.Constraints.Rules;

/// <summary>Any one of several rules, all tried at once.</summary>
internal sealed class UnionRule : Rule
{
    public List<Rule> Alternatives { get; } = [];

    /// <summary>Puts the members of unions in place of those, so that none holds another and none itself.</summary>
    public void Flatten()
    {
        var seen = new HashSet<Rule> { this };
        var flat = new List<Rule>();
        Collect(Alternatives);
        Alternatives.Clear();
        Alternatives.AddRange(flat);

        void Collect(IEnumerable<Rule> rules)
        {
            foreach (var rule in rules.ToArray())
                if (seen.Add(rule))
                {
                    if (rule is UnionRule union)
                        Collect(union.Alternatives);
                    else
                        flat.Add(rule);
                }
        }
    }

    public override void Advance(JsonMachine machine, JsonThread thread, byte next)
    {
        thread.Pop();
        foreach (var alternative in Alternatives)
        {
            if (alternative.MinBytes >= Endless || !thread.HasRoomFor(alternative))
                continue;
            var fork = machine.Fork(thread);
            fork.Push(alternative);
            machine.Deliver(fork, next);
        }
    }

    public override int Remaining(JsonThread thread, in Frame frame) => MinBytes;

    protected override int ComputeMinBytes() => Alternatives.Count == 0 ? Endless : Alternatives.Min(a => a.MinBytes);

    protected override int ComputeMinDepth() => Alternatives.Count == 0 ? Endless : Alternatives.Min(a => a.MinDepth);
}
