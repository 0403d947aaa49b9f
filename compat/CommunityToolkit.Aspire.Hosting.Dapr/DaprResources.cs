using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;

namespace CommunityToolkit.Aspire.Hosting.Dapr;

public interface IDaprComponentResource : IResource, IResourceWithWaitSupport
{
    string Type { get; }
    DaprComponentOptions? Options { get; }
}

public interface IDaprSidecarResource : IResource, IResourceWithWaitSupport;

public sealed record DaprOptions
{
    /// <summary>Folder or file of daprd; null looks in DAPRD, PATH and ~/.dapr/bin.</summary>
    public string? DaprPath { get; set; }
}

public sealed record DaprComponentOptions
{
    /// <summary>The component's YAML file; its folder becomes a resources path.</summary>
    public string? LocalPath { get; init; }
}

public sealed record DaprSidecarOptions
{
    public string? AppId { get; init; }
    public int? AppPort { get; init; }
    public string? AppProtocol { get; init; }
    public string? Config { get; init; }
    public string? DaprMaxBodySize { get; init; }
    public string? DaprReadBufferSize { get; init; }
    public string? LogLevel { get; init; }
    public int? DaprHttpPort { get; init; }
    public int? DaprGrpcPort { get; init; }
    public IImmutableSet<string> ResourcesPaths { get; init; } = ImmutableHashSet<string>.Empty;
}

internal sealed class DaprComponentResource(string name, string type, DaprComponentOptions? options) : Resource(name), IDaprComponentResource
{
    public string Type { get; } = type;
    public DaprComponentOptions? Options { get; } = options;
}

internal sealed class DaprSidecarResource(string name) : Resource(name), IDaprSidecarResource
{
    public DaprSidecarOptions Options { get; set; } = new();
    public List<IDaprComponentResource> Components { get; } = [];
}

internal sealed record DaprSidecarAnnotation(DaprSidecarResource Sidecar) : IResourceAnnotation;
