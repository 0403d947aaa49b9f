using Dapr.Sidecar.Workflows.Queue;
using Dapr.Workflow.Wire;
using Google.Protobuf.WellKnownTypes;

namespace Dapr.Sidecar.Workflows;

/// <summary>
/// A live workflow in memory. Its fields are touched only with <see cref="Gate"/> held. The inbox may hold events whose commit is still under way: a turn
/// that consumed them commits after them, and nothing of a turn is shown or sent before its own commit.
/// </summary>
internal sealed class WorkflowInstance(long key, string id, HistoryEvent start)
{
    private volatile ShownInstance _shown = new(id, OrchestrationStatus.Pending, start, start.Timestamp, null);

    public SemaphoreSlim Gate { get; } = new(1, 1);

    public long Key { get; } = key;
    public string Id { get; } = id;

    /// <summary>False once it ended or was replaced: look it up again.</summary>
    public bool Live { get; set; } = true;

    /// <summary>Counts continue-as-new; steps of an earlier generation are not this one's.</summary>
    public int Generation { get; set; }

    /// <summary>The executionStarted event of this generation.</summary>
    public HistoryEvent Start { get; set; } = start;

    public List<HistoryEvent> History { get; } = [];
    public List<InboxEntry> Inbox { get; } = [];
    public long NextInboxSeq { get; set; }

    /// <summary>Done when all of the inbox is on disk.</summary>
    public Task Appended { get; set; } = Task.CompletedTask;
    public int NextChunk { get; set; }
    public string? CustomStatus { get; set; }
    public bool Suspended { get; set; }
    public Timestamp Updated { get; set; } = start.Timestamp;

    /// <summary>The turn a worker has, if any.</summary>
    public Turn? Turn { get; set; }

    /// <summary>It waits in the queue of turns.</summary>
    public bool Queued { get; set; }

    public ShownInstance Shown => _shown;

    public string ExecutionId => Start.ExecutionStarted.OrchestrationInstance.ExecutionId ?? "";

    public OrchestrationStatus Status => History.Count == 0 && Generation == 0 ? OrchestrationStatus.Pending
        : Suspended ? OrchestrationStatus.Suspended : OrchestrationStatus.Running;

    /// <summary>A start in the future holds its turn back until then, unless something else has come.</summary>
    public bool HasWork(DateTimeOffset now) => Live && Turn is null && !Queued && Inbox.Count switch
    {
        0 => false,
        1 => Inbox[0].Event.ExecutionStarted?.ScheduledStartTimestamp is not { } at || at.ToDateTimeOffset() <= now,
        _ => true,
    };

    /// <summary>Shows readers what is on disk now.</summary>
    public void Publish() => _shown = new(Id, Status, Start, Updated, CustomStatus);
}

/// <summary>A live instance as readers see it, without a lock: its last committed turn.</summary>
internal sealed record ShownInstance(string Id, OrchestrationStatus Status, HistoryEvent Start, Timestamp Updated, string? CustomStatus)
{
    public OrchestrationState ToState(bool payloads)
    {
        var state = new OrchestrationState { InstanceId = Id, OrchestrationStatus = Status, CreatedTimestamp = Start.Timestamp, LastUpdatedTimestamp = Updated };
        if (Status == OrchestrationStatus.Pending)
            return state;
        state.Name = Start.ExecutionStarted.Name;
        if (payloads)
        {
            state.Input = Start.ExecutionStarted.Input;
            state.CustomStatus = CustomStatus;
        }
        return state;
    }
}

/// <param name="Seq">Ascending within the instance.</param>
internal readonly record struct InboxEntry(long Seq, HistoryEvent Event);

/// <param name="Token">Names this delivery; an answer to another one is refused.</param>
/// <param name="Consumed">How many inbox entries it was given.</param>
/// <param name="Began">Its orchestratorStarted event.</param>
internal sealed record Turn(string Token, int Consumed, HistoryEvent Began, WorkerStream Stream);
