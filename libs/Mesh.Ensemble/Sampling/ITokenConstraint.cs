namespace Mesh.Ensemble.Sampling;

/// <summary>
/// Which tokens may come next: a grammar over the text so far. Stateful, for one completion, used by one thread at a time. It also decides when the text
/// may end, by allowing the end tokens.
/// </summary>
public interface ITokenConstraint
{
    /// <summary>Whether <paramref name="token"/> may come next. Asked of every listed candidate, so it should be quick.</summary>
    bool Allows(int token);

    /// <summary>Asked only when no token that an expert lists may come next: some that may, of the whole vocabulary.</summary>
    ReadOnlySpan<int> Propose();

    /// <summary><paramref name="token"/> was chosen.</summary>
    void Accept(int token);
}

/// <summary>A constraint that allows no token at all, not even an end token.</summary>
public sealed class ConstraintException() : Exception("The constraint on the output allows no token here.");
