using Mesh.Chorus.Phases;
using Mesh.Ensemble.TokenLoop;

namespace Mesh.Bench.Chorus;

/// <summary>The decoupled design as a token sees it: it reads the newest snapshot, tells from it the next boundary of K experts, and goes on.</summary>
internal sealed class SnapshotPace(PhaseField field, string[] names) : IGenerationPace
{
    /// <summary>Keeps the reading from being nothing.</summary>
    public TimeSpan Nearest { get; private set; }

    public ValueTask<IDisposable> EnterAsync(int tokens, CancellationToken cancellationToken)
    {
        var snapshot = field.Current;
        var (age, nearest) = (TimeProvider.System.GetElapsedTime(snapshot.Timestamp), TimeSpan.MaxValue);
        foreach (var name in names)
            if (snapshot.UntilBoundary(name, age) is { } until && until < nearest)
                nearest = until;
        Nearest = nearest;
        return new(Nothing.Instance);
    }
}

/// <summary>One machine elsewhere that decodes one token at a time, each for so long; a token's phases come before its decode.</summary>
internal sealed class OneDecoder(IGenerationPace phases, TimeSpan decode) : IGenerationPace, IDisposable
{
    private readonly SemaphoreSlim _one = new(1);

    public async ValueTask<IDisposable> EnterAsync(int tokens, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            await phases.EnterAsync(tokens, cancellationToken);
            Thread.Sleep(decode);   // one thread at most; the runtime's timers come up to 4 ms late
        }
        finally
        {
            _one.Release();
        }
        return Nothing.Instance;
    }

    public void Dispose() => _one.Dispose();
}
