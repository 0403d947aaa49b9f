namespace Mesh.Inference.Decoding;

/// <summary>
/// Whether a batch shall wait a little for the sessions that were just answered: their next tokens come back within a round trip, and where a decode takes many
/// times as long, one batch of all costs less than two of some. Without it sessions that fell out of step never get into step again.
/// </summary>
internal sealed class BatchGathering(TimeProvider time)
{
    /// <summary>Part of the last decode's time that may be spent on waiting.</summary>
    private const int Share = 8;

    /// <summary>No decode is so slow that more is worth waiting for: a session that is not back by then has ended, or is far away.</summary>
    private static readonly TimeSpan Most = TimeSpan.FromMilliseconds(3);

    /// <summary>Less than a round trip: where so little may be waited for, the decode is too fast for waiting to pay.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(0.25);

    private long _began, _ended;
    private int _expected;

    public void BeginDecode() => _began = time.GetTimestamp();

    /// <param name="answered">Steps that this decode has brought to their end.</param>
    /// <param name="others">Steps that wait or are under way.</param>
    public void EndDecode(int answered, int others) => (_ended, _expected) = (time.GetTimestamp(), answered > 0 ? answered + others : 0);

    /// <param name="present">Steps that could go into the next batch now.</param>
    public bool IsWorthWaiting(int present)
    {
        if (present == 0 || present >= _expected)
            return false;
        var patience = time.GetElapsedTime(_began, _ended) / Share;
        if (patience < Least || time.GetElapsedTime(_ended) >= (patience < Most ? patience : Most))
        {
            _expected = 0;
            return false;
        }
        return true;
    }
}
