namespace Mesh.Inference.Tokenizer;

/// <param name="Role">"system", "user", "assistant" or whatever the model's template knows.</param>
/// <param name="Content">Text of that speaker; never markup.</param>
public sealed record ChatTurn(string Role, string Content);
