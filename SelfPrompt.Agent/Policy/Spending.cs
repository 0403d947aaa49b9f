namespace SelfPrompt.Agent.Policy;

/// <summary>What a run has used; it goes from step to step with the run, so that a restart forgets none of it but the step that was under way.</summary>
public sealed record Spent(long Calls = 0, long Tokens = 0, double Seconds = 0)
{
    public static Spent operator +(Spent a, Spent b) => new(a.Calls + b.Calls, a.Tokens + b.Tokens, a.Seconds + b.Seconds);
}

/// <summary>What a run may use. It comes from settings and nothing else.</summary>
public sealed record Budget(long Calls, long Tokens, double Seconds)
{
    /// <summary>Null, or what is used up.</summary>
    public string? Exceeded(Spent spent) =>
        spent.Calls > Calls ? $"{Calls} calls of tools"
        : spent.Tokens > Tokens ? $"{Tokens} tokens"
        : spent.Seconds > Seconds ? $"{Seconds:0} seconds of tools"
        : null;
}
