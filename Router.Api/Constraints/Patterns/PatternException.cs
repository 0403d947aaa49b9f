namespace Router.Api.Constraints.Patterns;

/// <summary>A pattern that is malformed or cannot be promised; the message continues "pattern: ".</summary>
internal sealed class PatternException(string message) : Exception(message);
