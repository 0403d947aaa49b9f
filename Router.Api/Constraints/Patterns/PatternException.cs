namespace Router.Api.Constraints.Patterns;

/// <summary>A pattern that cannot be kept; the message continues "pattern: ".</summary>
/// <param name="malformed">It is no regular expression at all.</param>
internal sealed class PatternException(string message, bool malformed = false) : Exception(message)
{
    public bool IsMalformed { get; } = malformed;

    public static PatternException Malformed(string message) => new(message, malformed: true);
}
