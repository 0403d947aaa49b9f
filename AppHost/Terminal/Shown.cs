namespace AppHost.Terminal;

internal static class Shown
{
    public const string Dashboard = "aspire-dashboard";

    /// <summary>What runs from the start and is the mesh's own: not the dashboard, nor what Aspire starts on demand.</summary>
    public static IResource[] Processes(this DistributedApplicationModel model) =>
        [.. model.Resources.Where(r => r is ProjectResource or ExecutableResource && r.Name != Dashboard && !r.Annotations.OfType<ExplicitStartupAnnotation>().Any())];
}
