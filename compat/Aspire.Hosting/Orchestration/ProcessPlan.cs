using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>How a resource becomes a process: command, arguments, environment.</summary>
internal sealed record ProcessPlan(string Command, string WorkingDirectory, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment)
{
    public static async Task<ProcessPlan> MakeAsync(IResource resource, DistributedApplicationExecutionContext execution, CancellationToken cancellationToken)
    {
        var variables = new Dictionary<string, object>();
        var arguments = new List<object>();
        string command, folder;
        switch (resource)
        {
            case ProjectResource when resource.TryGetLastAnnotation<IProjectMetadata>(out var project):
                (command, folder) = ("dotnet", Path.GetDirectoryName(project.ProjectPath)!);
                arguments.Add(BuildOutput.Find(project.ProjectPath));
                AddHosting(resource, variables);
                break;
            case ExecutableResource executable:
                (command, folder) = (executable.Command, executable.WorkingDirectory);
                break;
            default:
                throw new DistributedApplicationException($"'{resource.Name}' is neither a project nor an executable.");
        }
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            if (endpoint.Variable is { } name)
                variables[name] = endpoint.Allocated!.Value;
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToArray())
            await annotation.Callback(new(execution, resource, variables, cancellationToken));
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToArray())
            annotation.Callback(new(arguments, cancellationToken));
        var resolved = new Dictionary<string, string>();
        foreach (var (name, value) in variables)
            resolved[name] = await ResolveAsync(value, cancellationToken);
        return new(command, folder, [.. await Task.WhenAll(arguments.Select(a => ResolveAsync(a, cancellationToken)))], resolved);
    }

    private static void AddHosting(IResource resource, Dictionary<string, object> variables)
    {
        var urls = resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.Variable is null && e.UriScheme is "http" or "https").Select(e => $"{e.UriScheme}://{e.Host}:{e.Allocated}");
        variables["ASPNETCORE_URLS"] = string.Join(';', urls);
        variables["OTEL_SERVICE_NAME"] = resource.Name;
        variables["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={resource.Name}";
        variables["DOTNET_NOLOGO"] = "1";
    }

    private static async Task<string> ResolveAsync(object value, CancellationToken cancellationToken) => value switch
    {
        IValueProvider provider => await provider.GetValueAsync(cancellationToken) ?? "",
        _ => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "",
    };
}
