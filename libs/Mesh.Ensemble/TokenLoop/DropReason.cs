namespace Mesh.Ensemble.TokenLoop;

/// <summary>Why an answer is not part of a token. What <see cref="Mixing.AnswerCheck"/> finds comes in its own words.</summary>
internal static class DropReason
{
    public const string Late = "late";
    public const string Lost = "lost";
    public const string Unreachable = "unreachable";
    public const string Failed = "failed";
    public const string Busy = "busy";
    public const string Loading = "loading";
    public const string Refused = "refused";
    public const string ContextFull = "context-full";
    public const string CacheLost = "cache-lost";
    public const string Surplus = "surplus";
    public const string BadNeedFrom = "bad-need-from";
}
