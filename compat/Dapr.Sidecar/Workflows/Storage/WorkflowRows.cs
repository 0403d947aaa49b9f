using Dapr.Sidecar.Storage;
using Dapr.Workflow.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.Sqlite;

namespace Dapr.Sidecar.Workflows.Storage;

internal sealed record EndedInstance(long Key, HistoryEvent Start, Timestamp Updated, string? CustomStatus, ExecutionCompletedEvent End)
{
    public OrchestrationState ToState(bool payloads)
    {
        var state = new OrchestrationState
        {
            InstanceId = Start.ExecutionStarted.OrchestrationInstance.InstanceId,
            Name = Start.ExecutionStarted.Name,
            OrchestrationStatus = End.OrchestrationStatus,
            CreatedTimestamp = Start.Timestamp,
            LastUpdatedTimestamp = Updated,
        };
        if (payloads)
        {
            state.Input = Start.ExecutionStarted.Input;
            state.Output = End.Result;
            state.CustomStatus = CustomStatus;
            state.FailureDetails = End.FailureDetails;
        }
        return state;
    }
}

internal sealed record StoredTask(long Key, int Generation, NewTask Task);

internal sealed record StoredTimer(long Key, int Generation, HistoryEvent Fired);

internal sealed record StoredMessage(long Seq, Message Message);

/// <summary>What is read back: an ended instance on demand, everything live at the start.</summary>
internal static class WorkflowRows
{
    public static EndedInstance? Ended(SqliteConnection c, string app, string id) => c.Query(
        "SELECT key, start, updated, custom_status, ended FROM workflow_instance WHERE app = $0 AND id = $1 AND ended IS NOT NULL",
        r => new EndedInstance(r.GetInt64(0), Event(r, 1), Timestamp.Parser.ParseFrom(Blob(r, 2)), Text(r, 3), ExecutionCompletedEvent.Parser.ParseFrom(Blob(r, 4))),
        app, id).FirstOrDefault();

    public static List<HistoryEvent> History(SqliteConnection c, long key) =>
        [.. c.Query("SELECT events FROM workflow_history WHERE key = $0 ORDER BY chunk", r => HistoryChunk.Parser.ParseFrom(Blob(r, 0)), key).SelectMany(chunk => chunk.Events)];

    public static List<(long Key, string Id)> Page(SqliteConnection c, string app, long after, int count) =>
        c.Query("SELECT key, id FROM workflow_instance WHERE app = $0 AND key > $1 ORDER BY key LIMIT $2", r => (r.GetInt64(0), r.GetString(1)), app, after, count);

    public static List<HistoryEvent>? History(SqliteConnection c, string app, string id) =>
        c.Query("SELECT key FROM workflow_instance WHERE app = $0 AND id = $1", r => r.GetInt64(0), app, id) is [var key] ? History(c, key) : null;

    public static long MaxKey(SqliteConnection c) => c.Query("SELECT COALESCE(MAX(key), 0) FROM workflow_instance", r => r.GetInt64(0))[0];

    public static List<(string App, WorkflowInstance Instance)> Live(SqliteConnection c)
    {
        var live = c.Query("SELECT key, app, id, generation, start, updated, suspended, custom_status FROM workflow_instance WHERE ended IS NULL", r => (r.GetString(1),
            new WorkflowInstance(r.GetInt64(0), r.GetString(2), Event(r, 4))
            {
                Generation = r.GetInt32(3),
                Updated = Timestamp.Parser.ParseFrom(Blob(r, 5)),
                Suspended = r.GetBoolean(6),
                CustomStatus = Text(r, 7),
            }));
        foreach (var (_, instance) in live)
        {
            foreach (var (chunk, events) in c.Query("SELECT chunk, events FROM workflow_history WHERE key = $0 ORDER BY chunk",
                r => (r.GetInt32(0), HistoryChunk.Parser.ParseFrom(Blob(r, 1))), instance.Key))
            {
                instance.History.AddRange(events.Events);
                instance.NextChunk = chunk + 1;
            }
            instance.Inbox.AddRange(c.Query("SELECT seq, event FROM workflow_inbox WHERE key = $0 ORDER BY seq", r => new InboxEntry(r.GetInt64(0), Event(r, 1)), instance.Key));
            instance.NextInboxSeq = instance.Inbox.Count == 0 ? 0 : instance.Inbox[^1].Seq + 1;
        }
        return live;
    }

    public static List<StoredTask> Tasks(SqliteConnection c) => c.Query("SELECT key, generation, app, request FROM workflow_task",
        r => new StoredTask(r.GetInt64(0), r.GetInt32(1), new(r.GetString(2), ActivityRequest.Parser.ParseFrom(Blob(r, 3)))));

    /// <summary>Who owns a task whose instance has ended.</summary>
    public static Dictionary<long, string> Apps(SqliteConnection c) => c.Query("SELECT key, app FROM workflow_instance", r => (r.GetInt64(0), r.GetString(1))).ToDictionary();

    public static List<StoredTimer> Timers(SqliteConnection c) =>
        c.Query("SELECT key, generation, event FROM workflow_timer", r => new StoredTimer(r.GetInt64(0), r.GetInt32(1), Event(r, 2)));

    public static List<StoredMessage> Messages(SqliteConnection c) => c.Query("SELECT seq, app, target, execution, event FROM workflow_outbox ORDER BY seq",
        r => new StoredMessage(r.GetInt64(0), new(r.GetString(1), r.GetString(2), Text(r, 3), Event(r, 4))));

    private static HistoryEvent Event(SqliteDataReader r, int column) => HistoryEvent.Parser.ParseFrom(Blob(r, column));

    private static byte[] Blob(SqliteDataReader r, int column) => r.GetFieldValue<byte[]>(column);

    private static string? Text(SqliteDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);
}
