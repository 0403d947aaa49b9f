namespace Mesh.Training.Scores;

/// <param name="Domain">Whose column of the table it counts for.</param>
/// <param name="Source">The text it was cut from: pieces of one text are not independent.</param>
/// <param name="Tokens">One window: the begin token, where the model wants one, then the text.</param>
/// <param name="Unscored">Tokens at the start that nothing, or only the begin token, precedes.</param>
/// <param name="Fold">Which fifth of the texts it is from, 0 to <see cref="Folds"/> - 1.</param>
public sealed record EvalText(string Domain, int Source, int Fold, int[] Tokens, int Unscored)
{
    /// <summary>Every fifth text is of one fold, so that a gate can be measured on texts it has not seen: five gates, all texts.</summary>
    public const int Folds = 5;

    /// <summary>Tokens that count.</summary>
    public int Scored => Tokens.Length - Unscored;
}
