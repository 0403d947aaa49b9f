using Aspire.Hosting.ApplicationModel;
using CommunityToolkit.Aspire.Hosting.Dapr;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting;

public static class IDistributedApplicationBuilderExtensions
{
    /// <summary>Call it with options before the first sidecar is added: executables and their health checks exist from then on.</summary>
    public static IDistributedApplicationBuilder AddDapr(this IDistributedApplicationBuilder builder, Action<DaprOptions>? configure = null)
    {
        configure?.Invoke(DaprHost.Of(builder).Options);
        return builder;
    }

    public static IResourceBuilder<IDaprComponentResource> AddDaprComponent(this IDistributedApplicationBuilder builder, string name, string type, DaprComponentOptions? options = null) =>
        builder.AddDapr().AddResource<IDaprComponentResource>(new DaprComponentResource(name, type, options))
            .WithInitialState(new() { ResourceType = "DaprComponent", Properties = [], IsHidden = true, State = KnownResourceStates.Active }).ExcludeFromManifest();

    public static IResourceBuilder<IDaprComponentResource> AddDaprStateStore(this IDistributedApplicationBuilder builder, string name, DaprComponentOptions? options = null) =>
        builder.AddDaprComponent(name, "state", options);

    public static IResourceBuilder<IDaprComponentResource> AddDaprPubSub(this IDistributedApplicationBuilder builder, string name, DaprComponentOptions? options = null) =>
        builder.AddDaprComponent(name, "pubsub", options);
}

public static class IDistributedApplicationResourceBuilderExtensions
{
    public static IResourceBuilder<T> WithDaprSidecar<T>(this IResourceBuilder<T> builder, string appId) where T : IResource =>
        builder.WithDaprSidecar(new DaprSidecarOptions { AppId = appId });

    public static IResourceBuilder<T> WithDaprSidecar<T>(this IResourceBuilder<T> builder, DaprSidecarOptions? options = null) where T : IResource =>
        builder.WithDaprSidecar(sidecar => sidecar.WithOptions(options ?? new()));

    public static IResourceBuilder<T> WithDaprSidecar<T>(this IResourceBuilder<T> builder, Action<IResourceBuilder<IDaprSidecarResource>> configureSidecar) where T : IResource
    {
        var sidecar = new DaprSidecarResource($"{builder.Resource.Name}-dapr");
        configureSidecar(builder.ApplicationBuilder.CreateResourceBuilder<IDaprSidecarResource>(sidecar));
        DaprHost.Of(builder.ApplicationBuilder).Add(new(builder.Resource, sidecar));
        return builder.WithAnnotation(new DaprSidecarAnnotation(sidecar));
    }

    public static IResourceBuilder<IDaprSidecarResource> WithOptions(this IResourceBuilder<IDaprSidecarResource> builder, DaprSidecarOptions options)
    {
        ((DaprSidecarResource)builder.Resource).Options = options;
        return builder;
    }

    public static IResourceBuilder<IDaprSidecarResource> WithReference(this IResourceBuilder<IDaprSidecarResource> builder, IResourceBuilder<IDaprComponentResource> component)
    {
        ((DaprSidecarResource)builder.Resource).Components.Add(component.Resource);
        return builder;
    }
}
