using Mesh.Governance.Acts;

namespace Mesh.Governance.Http.Nodes;

internal sealed partial class GovernedNode
{
    public Task<Acknowledgement> HaltAsync(string note, CancellationToken cancellationToken) => Task.Run(() => Halt(note), cancellationToken);

    public Task<Acknowledgement> ResumeAsync(string note, CancellationToken cancellationToken) => Task.Run(() => Resume(note), cancellationToken);

    /// <summary>In force first, then on disk, then acknowledged: a full disk does not keep a stream going.</summary>
    /// <exception cref="NodeRefusedException">It is no halt of this mesh's people, or it is in force and not on disk.</exception>
    private Acknowledgement Halt(string note)
    {
        var configuration = RequireGenesis();
        string? halt;
        lock (_changing)
            halt = Allowed(() => _halts.Halt(note, configuration));
        if (halt is not null)
        {
            LogHalted(Name, halt);
            Publish();
        }
        lock (_changing)
        {
            try
            {
                _halts.Save();
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw NotDurable(fault);
            }
        }
        return Acknowledge();
    }

    private Acknowledgement Resume(string note)
    {
        var configuration = RequireGenesis();
        bool isNew;
        lock (_changing)
        {
            try
            {
                isNew = Allowed(() => _halts.Resume(note, configuration));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw NotDurable(fault);
            }
        }
        if (isNew)
        {
            LogResumed(Name, Halts.Count);
            Publish();
        }
        return Acknowledge();
    }

    private Acknowledgement Acknowledge() => new(Name, IsHalted, Halts, _clock.GetUtcNow().ToUnixTimeMilliseconds());

    private static T Allowed<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (ActRefusedException refused)
        {
            throw new NodeRefusedException(refused.Code switch { ActCode.Invalid => 400, ActCode.TooLarge => 413, ActCode.NotFound => 404, _ => 403 }, refused.Code, refused.Message);
        }
    }
}
