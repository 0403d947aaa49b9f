namespace Router.Api.Governance.Canary;

/// <summary>One session's part in a canary's figures. Safe for concurrent use; its end counts once.</summary>
internal sealed class CanarySession(ArmCounts arm)
{
    private readonly Lock _gate = new();
    private double _promptSum;
    private int _promptTokens;
    private bool _ended;

    public void OnPrompt(double sum, int tokens)
    {
        lock (_gate)
            (_promptSum, _promptTokens) = (_promptSum + sum, _promptTokens + tokens);
    }

    public void OnRound(TimeSpan elapsed, int tokens) => arm.OnRound(elapsed, tokens);

    public void End(bool failed, double? own)
    {
        lock (_gate)
        {
            if (_ended)
                return;
            _ended = true;
            arm.OnSession(failed, own, _promptTokens > 0 ? _promptSum / _promptTokens : null);
        }
    }
}
