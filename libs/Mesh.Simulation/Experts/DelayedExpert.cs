using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;

namespace Mesh.Simulation.Experts;

/// <summary>A <see cref="ToyExpert"/> whose every step takes as long as the test says, and fails as it says.</summary>
/// <param name="delay">From the number of the step, 0 for the first, to its time; null never ends unless cancelled.</param>
public sealed class DelayedExpert(ToyExpert inner, TimeProvider time, Func<int, TimeSpan?> delay) : IExpertChannel
{
    private int _steps;

    public ExpertId Expert => inner.Expert;
    public ToyExpert Inner => inner;

    /// <summary>When set, every step ends in it.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Looks at, or spoils, every reply before it goes out.</summary>
    public Action<StepRequest, StepReply>? Answering { get; set; }

    /// <summary>Steps that have arrived.</summary>
    public int Asked => _steps;

    /// <summary>Steps under way.</summary>
    public int Working { get; private set; }

    public async ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        Working++;
        try
        {
            await Task.Delay(delay(_steps++) ?? Timeout.InfiniteTimeSpan, time, cancellationToken);
            if (Failure is { } failure)
                throw failure;
            await inner.StepAsync(request, reply, cancellationToken);
            Answering?.Invoke(request, reply);
        }
        finally
        {
            Working--;
        }
    }

    public void Release(SessionId session) => inner.Release(session);
}
