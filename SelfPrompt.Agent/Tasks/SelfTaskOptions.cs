using System.ComponentModel.DataAnnotations;

namespace SelfPrompt.Agent.Tasks;

/// <summary>Section <c>Mesh:SelfPrompt:Tasks</c>.</summary>
internal sealed class SelfTaskOptions
{
    public const string Section = "Mesh:SelfPrompt:Tasks";

    /// <summary>Where accepted regression cases are kept.</summary>
    [Required]
    public string CasesFolder { get; set; } = Path.Combine(".mesh", "self-prompt");
}
