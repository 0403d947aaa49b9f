using Mesh.Contracts.Experts;
using Mesh.Simulation.Nodes;
using Mesh.Simulation.Time;

namespace Mesh.Simulation.Serving;

/// <summary>How a stream ended.</summary>
public enum StreamEnd
{
    None,
    Finished,
    /// <summary>No expert was left.</summary>
    Error,
    /// <summary>The user left.</summary>
    Cancelled,
    Halted,
    /// <summary>Its router went down.</summary>
    Crashed,
}

/// <summary>One answer to one user.</summary>
internal sealed class SimulatedStream(int number, SimulatedNode node, int[] prompt, int mostTokens, TimeSpan pause, TimeSpan begunAt)
{
    public int Number => number;

    public SimulatedNode Node => node;

    /// <summary>Prompt and what was handed out since.</summary>
    public List<int> Text { get; } = [.. prompt];

    public int[] Prompt => prompt;

    public int MostTokens => mostTokens;

    /// <summary>Between a token and when the next is asked for.</summary>
    public TimeSpan Pause => pause;

    public int Tokens => Text.Count - prompt.Length;

    public TimeSpan LastAt { get; set; } = begunAt;

    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>What it ends as when it is cancelled now.</summary>
    public StreamEnd EndsAs { get; set; } = StreamEnd.Cancelled;

    public StreamEnd End { get; set; }

    /// <summary>The user's time to read is none of the mesh.</summary>
    public async Task ReadAsync(VirtualTime time)
    {
        await Task.Delay(pause, time, Cancellation.Token);
        LastAt = time.Elapsed;
    }

    public void Stop(StreamEnd end)
    {
        if (End != StreamEnd.None || Cancellation.IsCancellationRequested)
            return;
        EndsAs = end;
        Cancellation.Cancel();
    }
}
