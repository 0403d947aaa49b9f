namespace SelfPrompt.Agent.Tasks.SecurityLogAnalysis;

/// <summary>Something in what was refused and used that chance does not explain.</summary>
/// <param name="Subject">An address, a key's or an expert's name.</param>
/// <param name="Chance">How likely it is, or more, where nothing is wrong.</param>
/// <param name="IsLarge">Whether it is worth acting on, however sure it is.</param>
internal sealed record Suspicion(SuspicionKind Kind, string Subject, long Events, double Expected, double Chance, bool IsLarge);

internal enum SuspicionKind
{
    /// <summary>Wrong keys from one address.</summary>
    Guessing,
    /// <summary>One key from many addresses.</summary>
    SharedKey,
    /// <summary>A key most of whose requests are refused.</summary>
    RefusedKey,
    /// <summary>An expert whose answers are late, beside the others.</summary>
    LateExpert,
}
