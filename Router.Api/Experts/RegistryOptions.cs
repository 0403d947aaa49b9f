using System.ComponentModel.DataAnnotations;

namespace Router.Api.Experts;

/// <summary>How steps reach an expert.</summary>
public enum TransportKind
{
    /// <summary>A duplex HTTP/2 stream to the worker that the expert's actor names.</summary>
    Direct,
    /// <summary>Calls of the expert's actor through the sidecar.</summary>
    Actor,
}

/// <summary>Which experts there are and how they are watched. Section <c>Mesh</c>.</summary>
public sealed class RegistryOptions
{
    public const string Section = "Mesh";

    /// <summary>GGUF files, folders and catalogue files, separated by ';'. Empty: only experts registered at run time.</summary>
    public string Models { get; set; } = "";

    public TransportKind Transport { get; set; } = TransportKind.Direct;

    /// <summary>A GGUF file whose tokenizer is the mesh's; by default that of the first expert in the catalogue that becomes ready.</summary>
    public string? Tokenizer { get; set; }

    /// <summary>Name of the Dapr state store that keeps the experts registered at run time.</summary>
    [Required]
    public string StateStore { get; set; } = "statestore";

    /// <summary>How often a ready expert is asked how it is. A broken stream is noticed at once.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan WatchInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one call of an actor may take; a call to an expert without a host can block in the sidecar.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "00:01:00")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Longest pause between two attempts to reach an expert. The second attempt comes at once, the third after an eightieth of it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long experts that are ready wait for one before them in the catalogue to become ready and set the tokenizer.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan TokenizerGrace { get; set; } = TimeSpan.FromSeconds(10);
}
