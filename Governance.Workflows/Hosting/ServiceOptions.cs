using System.ComponentModel.DataAnnotations;

namespace Governance.Workflows.Hosting;

/// <summary>Of this service alone; section <c>Mesh:Governance:Service</c>. What all nodes share is in <c>Mesh:Governance</c>.</summary>
internal sealed class ServiceOptions
{
    public const string Section = "Mesh:Governance:Service";

    /// <summary>The Dapr state store of the ledger and the artifacts.</summary>
    [Required]
    public string StateStore { get; set; } = "statestore";

    /// <summary>The Dapr broker: reminders, and halts as their second way.</summary>
    [Required]
    public string PubSub { get; set; } = "pubsub";

    /// <summary>How long an answer waits for its entry to be committed before it says <c>quorum_unavailable</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan CommitPatience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one call of a node may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan NodePatience { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one call of the state store may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan StorePatience { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a proposal waits for a vote before those who may give one are reminded.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan Reminder { get; set; } = TimeSpan.FromHours(4);

    /// <summary>How often a canary is judged.</summary>
    [Range(typeof(TimeSpan), "00:00:00.200", "01:00:00")]
    public TimeSpan CanaryLook { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Requests of its own that governance sends through the router while a change is tried, so that a mesh without traffic can judge one; 0 leaves it to the users'.</summary>
    [Range(0, 1000)]
    public int Probes { get; set; }

    /// <summary>A file with governance's own API key on one line, for routers that ask for keys; empty: it has none.</summary>
    public string ApiKeyFile { get; set; } = "";

    /// <summary>How long a step that is due may stay undone before its workflow is woken, then begun again.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StuckAfter { get; set; } = TimeSpan.FromSeconds(15);
}
