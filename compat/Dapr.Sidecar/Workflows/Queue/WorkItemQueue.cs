using System.Threading.Channels;
using Dapr.Workflow.Wire;

namespace Dapr.Sidecar.Workflows.Queue;

/// <summary>Work of one app id that no worker has yet; any worker stream of the app takes from it.</summary>
internal sealed class WorkItemQueue
{
    private readonly Channel<WorkflowInstance> _turns = Channel.CreateUnbounded<WorkflowInstance>();
    private readonly Channel<ActivityTask> _activities = Channel.CreateUnbounded<ActivityTask>();
    private int _workers;

    public ChannelReader<WorkflowInstance> Turns => _turns.Reader;
    public ChannelReader<ActivityTask> Activities => _activities.Reader;

    /// <summary>Connected streams.</summary>
    public int Workers => Volatile.Read(ref _workers);

    public void Add(WorkflowInstance instance) => _turns.Writer.TryWrite(instance);

    public void Add(ActivityTask task) => _activities.Writer.TryWrite(task);

    public void Join() => Interlocked.Increment(ref _workers);

    public void Leave() => Interlocked.Decrement(ref _workers);
}

/// <summary>An activity that has no result yet. Its token is the same in every delivery, so that a worker that lost its stream may still report.</summary>
internal sealed class ActivityTask(WorkflowEngine owner, long key, int generation, ActivityRequest request)
{
    private int _done;

    /// <summary>The engine of the workflow that asked.</summary>
    public WorkflowEngine Owner => owner;
    public long Key => key;
    public int Generation => generation;
    public ActivityRequest Request => request;
    public string Token { get; } = $"{key}.{generation}.{request.TaskId}.{request.TaskExecutionId}";

    /// <summary>The stream that has it, if any.</summary>
    public WorkerStream? Stream { get; set; }

    public bool Done => Volatile.Read(ref _done) != 0;

    /// <summary>True for the first report only.</summary>
    public bool TryFinish() => Interlocked.Exchange(ref _done, 1) == 0;
}
