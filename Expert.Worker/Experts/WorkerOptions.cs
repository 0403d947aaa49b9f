using System.ComponentModel.DataAnnotations;

namespace Expert.Worker.Experts;

/// <summary>Section <c>Mesh:Worker</c>.</summary>
public sealed class WorkerOptions
{
    public const string Section = "Mesh:Worker";

    /// <summary>The instance's name, for people; by default the resource name AppHost gave it, or machine and process.</summary>
    public string? Name { get; set; }

    /// <summary>Bytes that all experts of this process may take together, weights and K/V cache; 0 is three quarters of the memory the process may use.</summary>
    [Range(0, long.MaxValue)]
    public long MemoryBudget { get; set; }

    /// <summary>
    /// Longest turn of the actor's Step: what a step that arrives during a long one waits for. Dapr cancels actor calls older than 2 s whenever a host
    /// comes or goes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:01.900")]
    public TimeSpan StepTurn { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a turn waits for the rest of its batch once the first step is done.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    public TimeSpan StepLinger { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How long a ticket opens streams.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan TicketLifetime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stopping worker waits for the steps that run.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>An expert that no actor and no stream has asked for this long is unloaded: its actor lives on another worker now.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan OrphanTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Whether the weights of the catalogue's other experts (<c>Mesh:Models</c>) are kept in memory as well, as far as the memory budget goes, so that an expert
    /// whose worker dies is back at once. Weights are mapped from their files, so workers of one machine share them. Not for experts with adapters or on a GPU.
    /// </summary>
    public bool Standby { get; set; } = true;
}
