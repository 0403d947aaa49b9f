using Mesh.Ensemble.Sampling;
using Mesh.Inference.Tokenizer;
using Router.Api.Constraints;

namespace Router.Api.Tests.Constraints;

/// <summary>A model that knows nothing, held by a constraint.</summary>
internal static class RandomWalk
{
    public static readonly PieceIndex Pieces = new(FakeExperts.Tokenizer);

    private static ModelTokenizer Tokenizer => FakeExperts.Tokenizer;

    /// <summary>The text, which must end within the bound.</summary>
    /// <param name="of">What fails, if it fails.</param>
    public static string Take(Rule rule, int maxTokens, Random random, string of) => Take(new JsonTokenConstraint(Tokenizer, Pieces, rule, maxTokens), maxTokens, random, of);

    public static string Take(ITokenConstraint constraint, int maxTokens, Random random, string of)
    {
        var tokens = new List<int>();
        for (var left = maxTokens; left > 0; left--)
        {
            var next = Choose(constraint, random, of);
            if (Tokenizer.EndTokens.Contains(next))
                return Tokenizer.Decode([.. tokens]);
            constraint.Accept(next);
            tokens.Add(next);
        }
        Assert.Fail($"It did not end: {Tokenizer.Decode([.. tokens])} of {of}");
        return "";
    }

    /// <summary>
    /// Any of the tokens that a model may list, else one that the constraint proposes, as the sampler does. None beyond the basic plane: JSON schema counts
    /// characters, .NET's expressions in the validator count halves of them.
    /// </summary>
    private static int Choose(ITokenConstraint constraint, Random random, string of)
    {
        // By first bytes, so that those of few tokens come as often as others.
        foreach (var first in Enumerable.Range(0, 256).OrderBy(_ => random.Next()))
        {
            if (random.Next(4) == 0 || (constraint is JsonTokenConstraint json && !json.MayStart([(byte)first])))
                continue;
            var starting = Pieces.StartingWith((byte)first);
            var from = random.Next(Math.Max(1, starting.Length));
            for (var i = 0; i < Math.Min(256, starting.Length); i++)
                if (starting[(from + i) % starting.Length] is var token && Tokenizer.Piece(token).IndexOfAnyInRange((byte)0xF0, (byte)0xFF) < 0 && constraint.Allows(token))
                    return token;
        }
        var proposed = constraint.Propose();
        Assert.False(proposed.IsEmpty, $"Nothing may come. {of}");
        var chosen = proposed[random.Next(proposed.Length)];
        Assert.True(constraint.Allows(chosen));
        return chosen;
    }
}
