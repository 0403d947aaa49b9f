using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Orchestration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

public sealed class DistributedApplicationOptions
{
    public string[]? Args { get; set; }
    public string? AssemblyName { get; set; }
    public bool DisableDashboard { get; set; }
}

/// <summary>The stand-in only runs; it publishes nothing.</summary>
public sealed class DistributedApplicationExecutionContext
{
    public bool IsRunMode => true;
    public bool IsPublishMode => false;
}

public interface IDistributedApplicationBuilder
{
    ConfigurationManager Configuration { get; }
    string AppHostDirectory { get; }
    Assembly? AppHostAssembly { get; }
    IHostEnvironment Environment { get; }
    IServiceCollection Services { get; }
    IDistributedApplicationEventing Eventing { get; }
    DistributedApplicationExecutionContext ExecutionContext { get; }
    IResourceCollection Resources { get; }
    IResourceBuilder<T> AddResource<T>(T resource) where T : IResource;
    IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource;
    DistributedApplication Build();
}

public interface IResourceBuilder<out T> where T : IResource
{
    IDistributedApplicationBuilder ApplicationBuilder { get; }
    T Resource { get; }
    IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation, ResourceAnnotationMutationBehavior behavior = ResourceAnnotationMutationBehavior.Append)
        where TAnnotation : IResourceAnnotation;
}

internal sealed class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly HostApplicationBuilder _host;
    private readonly EntryPointInterceptor? _interceptor = EntryPointInterceptor.Current;

    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        AppHostAssembly = _interceptor?.Assembly ?? (options.AssemblyName is { } name ? Assembly.Load(name) : Assembly.GetEntryAssembly());
        AppHostDirectory = AppHostAssembly?.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == "apphostprojectpath")?.Value
            ?? Directory.GetCurrentDirectory();
        _host = new(new HostApplicationBuilderSettings { Args = options.Args, ContentRootPath = Directory.Exists(AppHostDirectory) ? AppHostDirectory : null });
        _host.Logging.ClearProviders();
        _host.Logging.AddSimpleConsole(console => console.SingleLine = true);
        _host.Logging.AddFilter("Microsoft", LogLevel.Warning);
        _host.Services.AddSingleton(new DistributedApplicationModel(Resources));
        _host.Services.AddSingleton<ResourceNotificationService>();
        _host.Services.AddSingleton<ResourceCommandService>();
        _host.Services.AddSingleton(ExecutionContext);
        _host.Services.AddSingleton<IDistributedApplicationEventing>(Eventing);
        _host.Services.AddSingleton(new OrchestratorOptions(_interceptor is not null, options.DisableDashboard || _interceptor is not null));
        _host.Services.AddSingleton<ResourceLogs>();
        _host.Services.AddSingleton<ResourcePage>();
        _host.Services.AddSingleton<Orchestrator>();
        _host.Services.AddHostedService(services => services.GetRequiredService<Orchestrator>());
        _host.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
    }

    public ConfigurationManager Configuration => _host.Configuration;
    public string AppHostDirectory { get; }
    public Assembly? AppHostAssembly { get; }
    public IHostEnvironment Environment => _host.Environment;
    public IServiceCollection Services => _host.Services;
    public IDistributedApplicationEventing Eventing { get; } = new DistributedApplicationEventing();
    public DistributedApplicationExecutionContext ExecutionContext { get; } = new();
    public IResourceCollection Resources { get; } = new ResourceCollection();

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        if (Resources.Any(r => string.Equals(r.Name, resource.Name, StringComparison.OrdinalIgnoreCase)))
            throw new DistributedApplicationException($"There are two resources named '{resource.Name}'.");
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        _interceptor?.OnBuilding(this);
        var application = new DistributedApplication(_host.Build(), _interceptor);
        _interceptor?.OnBuilt(application);
        return application;
    }

    private sealed class ResourceBuilder<T>(IDistributedApplicationBuilder builder, T resource) : IResourceBuilder<T> where T : IResource
    {
        public IDistributedApplicationBuilder ApplicationBuilder { get; } = builder;
        public T Resource { get; } = resource;

        public IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation, ResourceAnnotationMutationBehavior behavior = ResourceAnnotationMutationBehavior.Append)
            where TAnnotation : IResourceAnnotation
        {
            if (behavior == ResourceAnnotationMutationBehavior.Replace)
                foreach (var old in Resource.Annotations.OfType<TAnnotation>().ToArray())
                    Resource.Annotations.Remove(old);
            Resource.Annotations.Add(annotation);
            return this;
        }
    }
}

/// <summary>The application cannot be built or started as it is described.</summary>
public class DistributedApplicationException(string message) : Exception(message);
