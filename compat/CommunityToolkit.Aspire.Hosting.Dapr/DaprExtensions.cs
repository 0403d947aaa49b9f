using Aspire.Hosting.ApplicationModel;
using CommunityToolkit.Aspire.Hosting.Dapr;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Aspire.Hosting;

public static class IDistributedApplicationBuilderExtensions
{
    public static IDistributedApplicationBuilder AddDapr(this IDistributedApplicationBuilder builder, Action<DaprOptions>? configure = null)
    {
        var known = builder.Services.Select(s => s.ImplementationInstance).OfType<DaprLifecycle>().FirstOrDefault();
        if (known is null)
        {
            known = new(builder);
            builder.Services.AddSingleton(known);
            builder.Eventing.Subscribe<BeforeStartEvent>((e, token) => known.AddSidecarsAsync(token));
        }
        configure?.Invoke(known.Options);
        return builder;
    }

    public static IResourceBuilder<IDaprComponentResource> AddDaprComponent(this IDistributedApplicationBuilder builder, string name, string type, DaprComponentOptions? options = null) =>
        builder.AddDapr().AddResource<IDaprComponentResource>(new DaprComponentResource(name, type, options));

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
        builder.ApplicationBuilder.AddDapr();
        var sidecar = new DaprSidecarResource($"{builder.Resource.Name}-dapr");
        configureSidecar(builder.ApplicationBuilder.CreateResourceBuilder<IDaprSidecarResource>(sidecar));
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
