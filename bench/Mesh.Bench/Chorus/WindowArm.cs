using System.Diagnostics;
using Mesh.Chorus.Windows;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Inference;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Bench.Chorus;

/// <summary>Tokens of an arm in one slice.</summary>
/// <param name="Cores">How much processor time this process had, in cores.</param>
internal readonly record struct WindowSlice(double TokensPerSecond, double Cores);

/// <summary>One window policy: experts of its own and sessions that go on where they stopped, slice by slice; between slices they stand still before their next token.</summary>
internal sealed class WindowArm : IAsyncDisposable
{
    private const int Prompt = 8, Tokens = 48;   // of a session, before it begins anew with other experts
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly SliceClock _clock = new();
    private readonly List<LlamaExpert> _experts = [];
    private readonly List<BatchWindow> _windows = [];
    private readonly CancellationTokenSource _end = new();
    private readonly int _k;
    private readonly TimeSpan _way;
    private TaskCompletionSource _gate = Signal(), _stand = Signal();
    private Task[] _sessions = [];
    private long _tokens;
    private int _moving;

    private WindowArm(int k, TimeSpan way) => (_k, _way) = (k, way);

    public static async Task<WindowArm> LoadAsync(string model, WindowPolicy policy, WindowsRow row)
    {
        var arm = new WindowArm(row.K, TimeSpan.FromMilliseconds(row.Way));
        for (var i = 0; i < row.Experts; i++)
        {
            var window = new BatchWindow(arm._clock, row.Sessions, policy, TimeSpan.FromMilliseconds(3));
            arm._windows.Add(window);
            arm._experts.Add(await LlamaExpert.LoadAsync(
                new() { Id = ExpertId.Parse($"{policy.ToString().ToLowerInvariant()}-{i}"), ModelPath = model, Threads = 1 },
                new() { Window = window, MaxSequences = row.Sessions, MaxContext = 512, ExpertsOnMachine = row.Experts }, NullLogger.Instance));
        }
        arm._moving = row.Sessions;
        arm._sessions = [.. Enumerable.Range(0, row.Sessions).Select(number => Task.Run(() => arm.SessionAsync(number)))];
        await arm.StandAsync();
        return arm;
    }

    public double MeanBatch => _windows.Average(w => w.MeanBatch);

    public double Gain => _windows.Average(w => w.Trial?.Gain ?? 0);

    public double Trials => _windows.Average(w => w.Trial?.Trials ?? 0);

    /// <param name="lead">Not counted: all begin together.</param>
    public async Task<WindowSlice> GoAsync(TimeSpan lead, TimeSpan counted)
    {
        _clock.Go();
        (_moving, _stand) = (_sessions.Length, Signal());
        _gate.SetResult();
        await Task.Delay(lead);
        var (tokens, begun, used) = (Interlocked.Read(ref _tokens), Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        await Task.Delay(counted);
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var slice = new WindowSlice((Interlocked.Read(ref _tokens) - tokens) / seconds, (Environment.CpuUsage.TotalTime - used).TotalSeconds / seconds);
        Volatile.Write(ref _gate, Signal());
        await StandAsync();
        _clock.Stand();
        return slice;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_sessions).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var expert in _experts)
            await expert.DisposeAsync();
        _end.Dispose();
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Until every session has its answers and stands before its next token.</summary>
    private async Task StandAsync()
    {
        try
        {
            await await Task.WhenAny([_stand.Task, .. _sessions]).WaitAsync(Deadline);
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"{_moving} of {_sessions.Length} sessions have had no answer for {Deadline.TotalSeconds:0} s: a step is stuck, or the machine has no time for this.");
        }
    }

    private async Task SessionAsync(int number)
    {
        var random = new Random(number);
        var experts = _experts.ToArray();
        var steps = Enumerable.Range(0, _k).Select(_ => (Request: new StepRequest(), Reply: new StepReply())).ToArray();
        while (true)
        {
            random.Shuffle(experts);
            var (session, position) = (SessionId.New(), 0);
            for (var token = 0; token < Tokens; token++)
            {
                var gate = Volatile.Read(ref _gate);
                if (!gate.Task.IsCompleted && Interlocked.Decrement(ref _moving) == 0)
                    _stand.SetResult();
                await gate.Task.WaitAsync(_end.Token);
                var appended = token == 0 ? Prompt : 1;
                foreach (var (request, _) in steps)
                {
                    request.Reset(session, (uint)token + 1, position);
                    for (var t = 0; t < appended; t++)
                        request.Append(5 + random.Next(1000));
                }
                await Task.WhenAll(steps.Select((step, i) => AskAsync(experts[i], step.Request, step.Reply)));
                position += appended;
                Interlocked.Increment(ref _tokens);
            }
            foreach (var expert in experts[.._k])
                expert.Release(session);
        }
    }

    private async Task AskAsync(LlamaExpert expert, StepRequest request, StepReply reply)
    {
        await Task.Delay(_way, _end.Token);
        await expert.StepAsync(request, reply, _end.Token);
        if (reply.Status != StepStatus.Ok)
            throw new InvalidOperationException($"{expert.Expert} answered {reply.Status}.");
        await Task.Delay(_way, _end.Token);
    }
}
