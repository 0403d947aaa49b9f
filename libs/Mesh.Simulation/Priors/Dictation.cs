using Mesh.Ensemble.Sampling;

namespace Mesh.Simulation.Priors;

/// <summary>The text is given: whatever the experts say, its next token is the only one allowed. So the mixture's log-probability of each is that of a text from a known source.</summary>
public sealed class Dictation(ReadOnlyMemory<int> text) : ITokenConstraint
{
    private int _next;

    public bool Allows(int token) => token == text.Span[_next];

    public ReadOnlySpan<int> Propose() => text.Span.Slice(_next, 1);

    public void Accept(int token) => _next++;
}
