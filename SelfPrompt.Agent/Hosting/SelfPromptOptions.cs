using System.ComponentModel.DataAnnotations;

namespace SelfPrompt.Agent.Hosting;

/// <summary>Of this service; section <c>Mesh:SelfPrompt</c>.</summary>
public sealed class SelfPromptOptions
{
    public const string Section = "Mesh:SelfPrompt";

    /// <summary>False: it looks at nothing and takes no tasks.</summary>
    public bool Enabled { get; set; }

    /// <summary>Between two runs of its own; zero: only by hand.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The router, which passes governance's API on.</summary>
    [Required, Url]
    public string Router { get; set; } = "http://127.0.0.1:8080";

    /// <summary>The OpenAI-compatible endpoint of the model that words proposals, with its version (<c>https://host/v1</c>); empty: the mesh itself.</summary>
    public string Endpoint { get; set; } = "";

    [Required]
    public string Model { get; set; } = "mesh";

    /// <summary>Of another endpoint than the mesh; never logged.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary>Whether the model is offered tools. Small models choose better without.</summary>
    public bool UsesTools { get; set; }

    /// <summary>Whether the model words its reasons, or takes one of a few; null: another endpoint than the mesh writes.</summary>
    public bool? Writes { get; set; }

    /// <summary>The member that signs: one with the role deployer and no other.</summary>
    [Required]
    public string Member { get; set; } = "agent";

    /// <summary>The member's private key; empty: its name in the folder of the members' keys.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>A file with the API key that the router asks for; empty: none is sent, or in development one is made.</summary>
    public string ApiKeyFile { get; set; } = "";

    /// <summary>How long people have for a proposal.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "90.00:00:00")]
    public TimeSpan ReviewTime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How often it looks what became of a proposal.</summary>
    [Range(typeof(TimeSpan), "00:00:00.200", "01:00:00")]
    public TimeSpan Look { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Findings that one run may try away from traffic before it gives up.</summary>
    [Range(1, 16)]
    public int MostTried { get; set; } = 3;

    /// <summary>Runs that are begun within an hour, by hand or by time.</summary>
    [Range(1, 200)]
    public int MostAnHour { get; set; } = 60;

    /// <summary>Calls of tools in one run.</summary>
    [Range(1, 100_000)]
    public int MostCalls { get; set; } = 4000;

    /// <summary>Tokens that one run may have scored and made.</summary>
    [Range(1, 100_000_000)]
    public int MostTokens { get; set; } = 400_000;

    /// <summary>Seconds that the tools of one run may take, one after the other.</summary>
    [Range(1, 86_400)]
    public int MostSeconds { get; set; } = 3600;
}
