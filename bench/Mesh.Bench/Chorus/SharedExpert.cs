using Mesh.Bench.Transports;
using Mesh.Chorus.Phases;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;

namespace Mesh.Bench.Chorus;

/// <summary>An expert that answers at once and counts the cycles it begins: for this bench's tokens, and every period for the rest of the mesh, so that its phase turns though nobody here asks it.</summary>
internal sealed class SharedExpert(InstantExpert inner, TimeSpan period) : IExpertChannel, ICycleCounter
{
    private readonly CycleCounter _own = new(TimeProvider.System);
    private readonly long _start = TimeProvider.System.GetTimestamp(), _period = (long)(period.TotalSeconds * TimeProvider.System.TimestampFrequency);

    public ExpertId Expert => inner.Expert;

    public ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        _own.OnBegun();
        return inner.StepAsync(request, reply, cancellationToken);
    }

    public void Release(SessionId session) => inner.Release(session);

    public CycleReading Read()
    {
        var (own, others) = (_own.Read(), 1 + (TimeProvider.System.GetTimestamp() - _start) / _period);
        return new(own.Count + others, Math.Max(own.LastBegan, _start + (others - 1) * _period));
    }
}
