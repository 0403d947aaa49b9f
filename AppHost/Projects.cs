namespace AppHost;

internal static class ProjectsOfTheMesh
{
    /// <summary>
    /// Its own process, not <c>dotnet run</c> around it: the process that Aspire shows is the service, and starts without MSBuild. MESH_DOTNET_RUN=1 leaves Aspire's way.
    /// </summary>
    public static IResourceBuilder<ProjectResource> RunFromBuild(this IResourceBuilder<ProjectResource> builder)
    {
#pragma warning disable ASPIRECERTIFICATES001 // Nothing here speaks TLS; without this Aspire asks for a development certificate.
        builder.WithoutHttpsCertificate();
#pragma warning restore ASPIRECERTIFICATES001
        if (builder.ApplicationBuilder.ExecutionContext.IsPublishMode || Environment.GetEnvironmentVariable("MESH_DOTNET_RUN") == "1")
            return builder;
        var project = builder.Resource.GetProjectMetadata().ProjectPath;
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var folder = Path.GetDirectoryName(project)!;
        var output = Path.Combine(folder, "bin", own.Parent?.Name ?? "Debug", own.Name, Path.GetFileNameWithoutExtension(project) + ".dll");
        if (!File.Exists(output))
            return builder;
        return builder.WithAnnotation(new ExecutableAnnotation { Command = "dotnet", WorkingDirectory = folder }).WithArgs(output);
    }

    /// <summary>An endpoint that the process itself serves, on 127.0.0.1, without Aspire's proxy: a free port unless one is given.</summary>
    public static IResourceBuilder<ProjectResource> WithDirectEndpoint(this IResourceBuilder<ProjectResource> builder, string name, int? port = null, string? env = null) =>
        builder.WithHttpEndpoint(port, port, name, env, isProxied: false).WithEndpoint(name, endpoint => endpoint.TargetHost = "127.0.0.1", createIfNotExists: false);
}
