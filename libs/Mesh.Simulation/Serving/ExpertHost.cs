using System.Buffers;
using Mesh.Chorus.Windows;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Nodes;
using Mesh.Simulation.Runs;
using Mesh.Simulation.Scenarios;

namespace Mesh.Simulation.Serving;

/// <summary>An expert on a node: it decodes what waits for it in one batch of a + b n ms, when the <see cref="BatchWindow"/> that real experts have says so. A crash takes its caches.</summary>
/// <param name="expert">The toy, or faults around it.</param>
internal sealed class ExpertHost(SimulatedNode node, ToyExpert toy, IExpertChannel expert)
{
    /// <summary>a and b.</summary>
    private static readonly TimeSpan DecodeTime = TimeSpan.FromMilliseconds(15), PerStep = TimeSpan.FromMilliseconds(0.5);
    /// <summary>At once; those beyond are decoded with whatever batch begins.</summary>
    private const int MostSessions = 64;

    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(3);
    private static readonly WindowPolicy[] Policies = [WindowPolicy.AtOnce, WindowPolicy.AllExpected, WindowPolicy.Auto];
    private readonly List<Step> _waiting = [];
    private readonly Dictionary<SessionId, uint> _turns = [];
    private readonly HashSet<SessionId> _busy = [], _released = [];
    private readonly Stack<(StepRequest Request, StepReply Reply)> _slots = [];
    private readonly Dictionary<SessionId, int> _seats = [];
    private readonly Stack<int> _free = new(Enumerable.Range(0, MostSessions));
    private BatchWindow _window = NewWindow(node);
    private bool _decoding;
    private long _questions;

    public SimulatedNode Node => node;

    public ExpertId Expert => toy.Expert;

    public ModelCard Card => toy.Card;

    public ToyModel Model => toy.Model;

    /// <summary>What was done to it that must not be.</summary>
    public IReadOnlyList<string> Violations => (expert as FaultyExpert)?.Violations ?? [];

    public void Receive(byte[] request, SessionId session, uint turn, SimulatedNode router, Action<SessionId, uint, byte[]> answer, Action broken)
    {
        // What was overtaken by a newer question of its session, or by its end, or comes twice, nobody waits for.
        if (_released.Contains(session) || (_turns.TryGetValue(session, out var last) && turn <= last && node.Mesh.Plan.Planted != Planted.OvertakenQuestion))
            return;
        _turns[session] = turn;
        _waiting.RemoveAll(s => s.Session == session);
        _waiting.Add(new(request, session, turn, router, answer, broken));
        if (_seats.TryGetValue(session, out var seat) || (_free.TryPop(out seat) && _seats.TryAdd(session, seat)))
            _window.Arrive(seat, node.Clock.GetTimestamp());
        Begin();
    }

    public void Release(SessionId session)
    {
        if (node.Mesh.Plan.Planted == Planted.EarlyRelease)
            expert.Release(session);
        else if (!_released.Add(session))
            return;
        _turns.Remove(session);
        _waiting.RemoveAll(s => s.Session == session);
        Leave(session);
        if (!_busy.Contains(session))
            expert.Release(session);
    }

    /// <summary>Whoever waits notices that the line broke.</summary>
    public void Crash()
    {
        foreach (var step in _waiting)
            node.Mesh.Network.Break(step.Broken);
        _waiting.Clear();
        _turns.Clear();
        foreach (var seat in _seats.Values)
            _free.Push(seat);
        _seats.Clear();
        _window = NewWindow(node);
        toy.Restart();
    }

    private static BatchWindow NewWindow(SimulatedNode node) => new(node.Clock, MostSessions, Policies[node.Mesh.Seed % Policies.Length], Gathering);

    private void Leave(SessionId session)
    {
        if (!_seats.Remove(session, out var seat))
            return;
        _window.Leave(seat);
        _free.Push(seat);
    }

    private void Begin()
    {
        var batch = _decoding ? [] : _waiting.Where(s => !_busy.Contains(s.Session)).ToArray();
        if (batch.Length == 0)
            return;
        var question = ++_questions;
        if (_window.Wait() is { Ticks: > 0 } wait)
            node.Mesh.Time.After(wait, () =>
            {
                // Whoever came meanwhile has asked again.
                if (question == _questions)
                    Begin();
            });
        else
            Decode(batch);
    }

    private void Decode(Step[] batch)
    {
        _decoding = true;
        var (process, window) = (node.Process, _window);
        _waiting.RemoveAll(batch.Contains);
        foreach (var step in batch)
            _busy.Add(step.Session);
        window.BeginDecode(batch.Length);
        node.Mesh.Time.After(DecodeTime + batch.Length * PerStep, () =>
        {
            _decoding = false;
            window.EndDecode();
            foreach (var step in batch)
            {
                if (window == _window && _seats.TryGetValue(step.Session, out var seat))
                    window.Answer(seat);
                _ = AnswerAsync(step, process);
            }
            Begin();
        });
    }

    private async Task AnswerAsync(Step step, int process)
    {
        try
        {
            await DecodeAsync(step, process);
        }
        catch (Exception fault) when (fault is not InvariantException)   // nobody awaits this
        {
            node.Mesh.Invariants.Fail($"{Expert} at {node.Name} fails with {fault}");
        }
    }

    private async Task DecodeAsync(Step step, int process)
    {
        var (request, reply) = _slots.TryPop(out var slot) ? slot : (new(), new());
        if (node.IsUp && node.Process == process && !_released.Contains(step.Session) && Read(step.Bytes, request))
            await AnswerAsync(request, reply);
        else
            reply.Reset(step.Session, step.Turn, StepStatus.Refused);
        _busy.Remove(step.Session);
        if (_released.Contains(step.Session))
            expert.Release(step.Session);
        if (node.IsUp && node.Process == process)
        {
            var bytes = new ArrayBufferWriter<byte>(256);
            StepCodec.Write(reply, bytes);
            node.Send(step.Router, () => step.Answer(step.Session, step.Turn, bytes.WrittenSpan.ToArray()), step.Broken);
        }
        else
            node.Mesh.Network.Break(step.Broken);
        _slots.Push((request, reply));
        if (!_decoding)
            Begin();
    }

    private async Task AnswerAsync(StepRequest request, StepReply reply)
    {
        try
        {
            await expert.StepAsync(request, reply, CancellationToken.None);
        }
        catch (InvalidCastException)   // the bug of a faulty expert
        {
            reply.Reset(request.Session, request.Turn, StepStatus.Failed);
        }
    }

    private static bool Read(ReadOnlySpan<byte> bytes, StepRequest request) => StepCodec.TryRead(ref bytes, request, out _);

    private sealed record Step(byte[] Bytes, SessionId Session, uint Turn, SimulatedNode Router, Action<SessionId, uint, byte[]> Answer, Action Broken);
}
