using System.Security.Cryptography;
using System.Text;

namespace SelfPrompt.Agent.Texts;

/// <summary>Three parts that share no text: what a finding was chosen on never tells whether it holds.</summary>
internal enum TextPart
{
    Analysis,
    Validation,
    Measure,
}

/// <summary>Which part a text is of: by its own hash, so that no list or order changes it.</summary>
internal static class TextParts
{
    public static TextPart Of(string text) => (TextPart)(SHA256.HashData(Encoding.UTF8.GetBytes(text))[0] % 3);
}
