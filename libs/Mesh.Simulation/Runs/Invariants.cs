using Mesh.Ensemble;
using Mesh.Ensemble.TokenLoop;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tree;
using Mesh.Simulation.Nodes;
using Mesh.Simulation.Serving;
using Mesh.Simulation.Timelines;

namespace Mesh.Simulation.Runs;

/// <summary>
/// What must hold at every event. It knows everything: every cosignature that was ever made counts, also one that was lost on its way; every model, every cut, every order.
/// </summary>
internal sealed class Invariants(MeshSimulation mesh)
{
    /// <summary>Most that a mixture differs from that of the models themselves: distributions are rounded on the wire.</summary>
    private const double Rounding = 0.08;

    /// <summary>Most that one token takes: an expert that is lost, and then the wait for another, twice over, on a slow clock.</summary>
    private static readonly TimeSpan TokenBound = TimeSpan.FromSeconds(40);

    /// <summary>A line's end is noticed within 3 s, it is dialled again within one more, and the grace of a stream is 3 s, on a slow clock 4.</summary>
    private static readonly TimeSpan ExpertBound = TimeSpan.FromSeconds(8.5);
    private readonly Dictionary<(long Size, Hash Root), HashSet<VerifierKey>> _cosigned = [];
    private readonly Dictionary<long, Hash> _committed = [];
    private readonly HashSet<int> _configurations = [0];
    private readonly HashSet<int> _holders = [];
    private (History History, long Size)? _longest;
    private readonly HashSet<(int Node, int Halt)> _halted = [];

    /// <summary>The first that did not hold.</summary>
    public InvariantException? Fault { get; private set; }

    /// <summary>Sizes that were committed.</summary>
    public int Committed => _committed.Count;

    /// <summary>Committed heads that are of another history than those before.</summary>
    public int SplitBrains { get; private set; }

    /// <summary>When a head was that no quorum had cosigned before.</summary>

    public TimeSpan LastCommitted { get; private set; }

    /// <summary>A witness made a cosignature: it counts from now on, wherever it goes.</summary>
    /// <param name="history">What the head is of.</param>
    public Cosignature Signed(Cosignature cosignature, History history, Checkpoint head)
    {
        if (!_cosigned.TryGetValue((head.Size, head.Root), out var witnesses))
            _cosigned[(head.Size, head.Root)] = witnesses = [];
        witnesses.Add(cosignature.Witness);
        if (witnesses.Count == mesh.Quorum)
            Commit(history, head);
        return cosignature;
    }

    /// <summary>Of any two committed heads the smaller one is of a prefix of the other's history.</summary>
    private void Commit(History history, Checkpoint head)
    {
        var (longest, size) = _longest ?? (history, 0);
        if (size > head.Size ? longest.RootAt(head.Size) != head.Root : history.RootAt(size) != longest.RootAt(size))
        {
            SplitBrains++;
            Fail($"two histories are committed: head {head.Size} is not of that of head {size}");
        }
        if (!_committed.TryAdd(head.Size, head.Root))
            return;
        LastCommitted = mesh.Time.Elapsed;
        mesh.Timeline.Add(EventKind.Committed, -1, $"head {head.Size} is committed by {mesh.Quorum} of {mesh.Nodes.Length} witnesses");
        for (; size < head.Size; size++)
            if (history[(int)size] is { Kind: EntryKind.Configuration } entry)
                _configurations.Add(entry.Number);
        if (size == head.Size)
            _longest = (history, size);
    }

    /// <summary>A node changes by an entry of a head.</summary>
    public void Changed(SimulatedNode node, Checkpoint head, string what)
    {
        Require(_committed.TryGetValue(head.Size, out var root) && root == head.Root, $"{node.Name} takes {what} from head {head.Size}, which no quorum has committed");
        Require(node.HoldsLease, $"{node.Name} takes {what} without the lease");
        Require(!mesh.IsLongIsolated(node), $"{node.Name} takes {what} though it has been cut off from the majority for longer than the lease time");
    }

    /// <summary>Whether a node holds the lease now: one of a minority does not for longer than T.</summary>
    public void Leased(SimulatedNode node, bool held)
    {
        var isLost = !held && _holders.Remove(node.Number);
        if (held)
            _holders.Add(node.Number);
        if (mesh.Isolated is not { } cut || !cut.Nodes.Contains(node.Number))
            return;
        if (held)
            Require(!mesh.IsLongIsolated(node), $"{node.Name} of the minority holds the lease {mesh.Time.Elapsed - cut.Since} after the partition");
        else if (isLost)
            mesh.Record.MinorityHeld = (mesh.Time.Elapsed - cut.Since).TotalSeconds;
    }

    public void Halted(SimulatedNode node, int halt) => _halted.Add((node.Number, halt));

    public void Resumed(SimulatedNode node, int halt) => _halted.Remove((node.Number, halt));

    /// <summary>A stream ends in a time that its length bounds.</summary>
    public void Begun(SimulatedStream stream)
    {
        var bound = TokenBound * (stream.MostTokens + 1);
        mesh.Time.After(bound, () => Require(stream.End != StreamEnd.None, $"stream {stream.Number} at {stream.Node.Name} has not ended {bound} after it began, with {stream.Tokens} of at most {stream.MostTokens} tokens"));
    }

    /// <summary>A stream ended because no expert was left: none was there for so long that the router had to know of it. Experts with faults may refuse.</summary>
    public void Errored(SimulatedStream stream)
    {
        if (mesh.Plan.FaultyExperts)
            return;
        foreach (var host in mesh.Experts)
            Require(!host.Node.IsUp || mesh.Time.Elapsed - host.Node.Since < ExpertBound || mesh.Network.Connected(stream.Node.Number, host.Node.Number) < ExpertBound,
                $"stream {stream.Number} at {stream.Node.Name} ends without an expert, though {host.Expert} has been there for {ExpertBound}");
    }

    /// <summary>
    /// A token goes out: its probability must be that of the honest models after exactly the text that went out before it, so a token that comes twice, is left out or comes
    /// out of order is seen.
    /// </summary>
    public void Emitted(SimulatedStream stream, TokenEvent token)
    {
        var node = stream.Node;
        Require(!_halted.Any(h => h.Node == node.Number), $"{node.Name} hands out a token after it acknowledged a halt");
        Require(stream.Tokens < stream.MostTokens && stream.Text[^1] is var last && (stream.Tokens == 0 || !MeshSimulation.EndTokens.Contains(last)), $"stream {stream.Number} goes on after its end");
        var configuration = (Configuration)token.Trace!.Routing!;
        Require(_configurations.Contains(configuration.Number), $"{node.Name} answers with configuration {configuration.Number}, which was never committed");
        var expected = Expected(stream, token, configuration.Options.Mix);
        Require(Math.Abs(expected - token.LogProbability) <= Rounding, $"token {stream.Tokens} of stream {stream.Number} at {node.Name} does not follow from the text before it: {token.LogProbability:f4} nats, not {expected:f4}");
        stream.Text.Add(token.Token);
        mesh.Record.Emitted(stream);
        mesh.Timeline.Add(EventKind.Token, node.Number, $"stream {stream.Number}, token {stream.Tokens}");
    }

    /// <exception cref="InvariantException">It does not hold.</exception>
    public void Require(bool holds, FormattableString fault)
    {
        if (!holds)
            Fail(FormattableString.Invariant(fault));
    }

    /// <exception cref="InvariantException">Always; the run ends with the first of them, wherever it is thrown.</exception>
    public void Fail(string fault)
    {
        var exception = new InvariantException($"Scenario {mesh.Scenario}, seed {mesh.Seed}, {mesh.Nodes.Length} nodes, quorum {mesh.Quorum}, at {mesh.Time.Elapsed}: {fault}.");
        Fault ??= exception;
        throw exception;
    }

    private double Expected(SimulatedStream stream, TokenEvent token, MixMode mix)
    {
        var text = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(stream.Text);
        Span<double> mixed = stackalloc double[MeshSimulation.Vocabulary];
        mixed.Clear();
        foreach (var vote in token.Trace!.Votes)
        {
            if (vote.Weight <= 0)
                continue;
            var row = mesh.ModelOf(vote.Expert).LogProbabilities(text);
            for (var i = 0; i < mixed.Length; i++)
                mixed[i] += vote.Weight * (mix == MixMode.Arithmetic ? Math.Exp(row[i]) : row[i]);
        }
        if (mix == MixMode.Arithmetic)
            return Math.Log(mixed[token.Token]);
        var sum = 0.0;
        foreach (var log in mixed)
            sum += Math.Exp(log);
        return mixed[token.Token] - Math.Log(sum);
    }
}

/// <summary>What must never happen did; the message has the scenario and the seed.</summary>
public sealed class InvariantException(string message) : Exception(message);
