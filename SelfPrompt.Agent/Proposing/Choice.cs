namespace SelfPrompt.Agent.Proposing;

/// <summary>Which findings are tried, and in whose words the first is explained.</summary>
/// <param name="Order">Ids of findings, the chosen one first, the others by their rank.</param>
/// <param name="Words">The model's reason; it is text from outside, shown to people as such. Empty: it gave none.</param>
/// <param name="IsModels">Whether the model chose; else its answer was of no use, and the highest rank is first.</param>
public sealed record Choice(IReadOnlyList<string> Order, string Words, bool IsModels);
