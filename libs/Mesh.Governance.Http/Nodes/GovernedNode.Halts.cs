using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;

namespace Mesh.Governance.Http.Nodes;

internal sealed partial class GovernedNode
{
    public Task<Acknowledgement> HaltAsync(string note, CancellationToken cancellationToken) => Task.Run(() => Halt(note), cancellationToken);

    public Task<Acknowledgement> ResumeAsync(string note, CancellationToken cancellationToken) => Task.Run(() => Resume(note), cancellationToken);

    /// <summary>
    /// In force first, then on disk, then acknowledged: a full disk does not keep a stream going. What strangers send is read and verified before any lock, so they hold up no halt.
    /// </summary>
    /// <exception cref="NodeRefusedException">It is no halt of this mesh's people, or it is in force and not on disk.</exception>
    private Acknowledgement Halt(string note)
    {
        RequireGenesis();
        var halt = Allowed(() => SignedAct.Parse<HaltOrder>(note));
        if (!_halts.IsKnown(halt) && Allowed(() => Take(halt)))
        {
            LogHalted(Name, halt.Hash);
            Publish();
        }
        // Whoever finds it in force may be here before streams were told by the one who put it in force.
        Tell(() => _signals.End(() => MaySpeak));
        Durably(_halts.Save);
        return Acknowledge();
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
    private Acknowledgement Resume(string note)
    {
        RequireGenesis();
        var resume = Allowed(() => SignedAct.Parse<ResumeOrder>(note));
        if (Allowed(() => _halts.NamedBy(resume.Act)) is { Count: > 0 } halts)
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
        return Acknowledge();
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
