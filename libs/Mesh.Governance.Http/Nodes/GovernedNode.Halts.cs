using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;

namespace Mesh.Governance.Http.Nodes;

internal sealed partial class GovernedNode
{
    public Task<Acknowledgement> HaltAsync(string note, CancellationToken cancellationToken) => Task.Run(() => Halt(note).Acknowledgement, cancellationToken);

    public Task<Acknowledgement> ResumeAsync(string note, CancellationToken cancellationToken) => Task.Run(() => Resume(note).Acknowledgement, cancellationToken);

    /// <summary>As <see cref="HaltAsync"/>; also whether it was not known here.</summary>
    public Task<(Acknowledgement Acknowledgement, bool IsNew)> TakeHaltAsync(string note) => Task.Run(() => Halt(note));

    /// <inheritdoc cref="TakeHaltAsync"/>
    public Task<(Acknowledgement Acknowledgement, bool IsNew)> TakeResumeAsync(string note) => Task.Run(() => Resume(note));

    /// <summary>
    /// In force first, then on disk, then acknowledged: a full disk does not keep a stream going. What strangers send is read and verified before any lock, so they hold up no halt.
    /// </summary>
    /// <exception cref="NodeRefusedException">It is no halt of this mesh's people, or it is in force and not on disk.</exception>
    private (Acknowledgement Acknowledgement, bool IsNew) Halt(string note)
    {
        RequireGenesis();
        var halt = Allowed(() => SignedAct.Parse<HaltOrder>(note));
        var isNew = !_halts.IsKnown(halt) && Allowed(() => Take(halt));
        if (isNew)
        {
            LogHalted(Name, halt.Hash);
            Publish();
        }
        // Whoever finds it in force may be here before streams were told by the one who put it in force.
        Tell(() => _signals.End(() => MaySpeak));
        Durably(_halts.Save);
        return (Acknowledge(), isNew);
    }

    private bool Take(SignedAct<HaltOrder> halt)
    {
        while (true)
        {
            var configuration = RequireGenesis();
            halt.Verify(configuration);
            lock (_changing)
            {
                if (configuration == _configuration)
                    return _halts.Halt(halt);
            }
        }
    }

    /// <summary>On disk first, then in force.</summary>
    private (Acknowledgement Acknowledgement, bool IsNew) Resume(string note)
    {
        RequireGenesis();
        var resume = Allowed(() => SignedAct.Parse<ResumeOrder>(note));
        var halts = Allowed(() => _halts.NamedBy(resume.Act));
        if (halts.Count > 0)
        {
            var requesters = halts.Select(h => h.Act.Requester).ToArray();
            MeshConfiguration configuration;
            do
            {
                configuration = RequireGenesis();
                Allowed(() => resume.Verify(requesters, configuration));
            }
            while (configuration != _configuration);
            Durably(() => _halts.Resume(resume, halts));
            LogResumed(Name, Halts.Count);
            Publish();
        }
        return (Acknowledge(), halts.Count > 0);
    }

    /// <exception cref="NodeRefusedException">There is no disk for it.</exception>
    private static void Durably(Action write)
    {
        try
        {
            write();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw NotDurable(fault);
        }
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
            throw new NodeRefusedException(refused.Code switch { ActCode.Invalid => 400, ActCode.TooLarge => 413, ActCode.NotFound => 404, NodeRefusedException.TooMany => 409, _ => 403 }, refused.Code, refused.Message);
        }
    }
}
