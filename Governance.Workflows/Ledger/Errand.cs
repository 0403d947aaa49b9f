namespace Governance.Workflows.Ledger;

/// <summary>Something that is done once at a time. Asked for while it is being done, however often, it is done once more.</summary>
internal sealed class Errand
{
    private int _wanted;

    /// <param name="act">Does not throw.</param>
    public async Task RunAsync(Func<Task> act)
    {
        if (Interlocked.Increment(ref _wanted) != 1)
            return;
        int seen;
        do
        {
            seen = Volatile.Read(ref _wanted);
            await act();
        }
        while (Interlocked.Add(ref _wanted, -seen) != 0);
    }
}
