using System.CommandLine;
using System.CommandLine.Parsing;
using Mesh.Governance.Members;

namespace Mesh.Tool.Governance;

/// <summary>Roles as people write them: <c>approver,oncall</c>.</summary>
internal static class Roles
{
    public static string All { get; } = string.Join(", ", Enum.GetNames<Role>()).ToLowerInvariant();

    public static Option<Role[]> Option() => new("--role") { Description = $"Their roles, separated by commas: {All}.", Required = true, CustomParser = Parse, HelpName = "role,role" };

    public static bool TryParse(string text, out Role[] roles)
    {
        var names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        roles = [.. names.Where(n => !char.IsAsciiDigit(n[0]) && Enum.TryParse<Role>(n, ignoreCase: true, out _)).Select(n => Enum.Parse<Role>(n, ignoreCase: true)).Distinct()];
        return roles.Length == names.Length;
    }

    private static Role[]? Parse(ArgumentResult result)
    {
        if (TryParse(string.Join(',', result.Tokens.Select(t => t.Value)), out var roles))
            return roles;
        result.AddError($"Roles are {All}, each once and separated by commas.");
        return null;
    }
}
