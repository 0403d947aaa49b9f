namespace AppHost.Starting;

internal static class Services
{
    /// <summary>
    /// From the build output, not by Aspire's <c>dotnet run</c> around it: the process that Aspire shows is the service, takes its signals, and starts without MSBuild.
    /// </summary>
    public static IResourceBuilder<ProjectResource> RunFromBuild(this IResourceBuilder<ProjectResource> builder)
    {
#pragma warning disable ASPIRECERTIFICATES001 // Nothing here speaks TLS; without this Aspire asks for a development certificate.
        builder.WithoutHttpsCertificate();
#pragma warning restore ASPIRECERTIFICATES001
        if (builder.ApplicationBuilder.ExecutionContext.IsPublishMode)
            return builder;
        var project = builder.Resource.GetProjectMetadata().ProjectPath;
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var folder = Path.GetDirectoryName(project)!;
        var output = Path.Combine(folder, "bin", own.Parent?.Name ?? "Debug", own.Name, Path.GetFileNameWithoutExtension(project) + ".dll");
        if (!File.Exists(output))
            throw new DistributedApplicationException($"'{output}' is absent: build AppHost, which builds its services.");
        return builder.WithAnnotation(new ExecutableAnnotation { Command = "dotnet", WorkingDirectory = folder }).WithArgs(output);
    }

    /// <summary>An endpoint that the process itself serves, on 127.0.0.1, without Aspire's proxy: a free port unless one is given.</summary>
    public static IResourceBuilder<ProjectResource> WithDirectEndpoint(this IResourceBuilder<ProjectResource> builder, string name, int? port = null, string? env = null) =>
        builder.WithHttpEndpoint(port, port, name, env, isProxied: false).WithEndpoint(name, endpoint => endpoint.TargetHost = "127.0.0.1", createIfNotExists: false);

    /// <summary>Where each node of the governed mesh is reached, as one setting.</summary>
    public static void WithNodeUrls(this IResourceBuilder<ProjectResource> builder, IReadOnlyList<IResourceBuilder<ProjectResource>> nodes)
    {
        var urls = new ReferenceExpressionBuilder();
        foreach (var node in nodes)
        {
            urls.AppendLiteral($"{node.Resource.Name}=");
            urls.AppendFormatted(node.GetEndpoint("http"));
            urls.AppendLiteral(";");
        }
        builder.WithEnvironment("Mesh__Governance__NodeUrls", urls.Build());
    }
}
