using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Dashboard;

internal sealed record NamedValue(string Name, string Value);

/// <summary>A resource as the page shows it, without its secrets.</summary>
internal sealed record ResourceRow(
    int Order, string Name, string Type, string State, string? Health, int? ExitCode, DateTime? Started,
    IReadOnlyList<NamedValue> Endpoints, IReadOnlyList<NamedValue> Environment, IReadOnlyList<NamedValue> Details)
{
    public static ResourceRow From(ResourceEvent update, int order)
    {
        var now = update.Snapshot;
        return new(
            order, update.Resource.Name, now.ResourceType, now.State?.Text ?? KnownResourceStates.NotStarted, now.HealthStatus?.ToString(), now.ExitCode, now.StartTimeStamp,
            [.. now.Urls.Select(u => new NamedValue(u.Name ?? "", u.Url))],
            [.. now.EnvironmentVariables.OrderBy(v => v.Name, StringComparer.Ordinal).Select(v => new NamedValue(v.Name, Secrets.Show(v.Name, v.Value)))],
            [.. now.Properties.Select(p => new NamedValue(Label(p.Name), Text(p)))]);
    }

    private static string Label(string property) => property switch
    {
        "executable.path" => "Program",
        "executable.workDir" => "Folder",
        "executable.args" => "Arguments",
        "executable.pid" => "Process",
        _ => property,
    };

    private static string Text(ResourcePropertySnapshot property) => property.Value is IEnumerable<string> list
        ? Secrets.Show(list)
        : Secrets.Show(property.Name, Convert.ToString(property.Value, CultureInfo.InvariantCulture));
}
