using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Orchestration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>An AppHost's builder in the hands of a test: its real entry point, paused before Build.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}

public static class DistributedApplicationTestingBuilder
{
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default) where TEntryPoint : class =>
        CreateAsync<TEntryPoint>([], cancellationToken);

    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[] args, CancellationToken cancellationToken = default) where TEntryPoint : class
    {
        var interceptor = new EntryPointInterceptor(typeof(TEntryPoint).Assembly);
        return new TestingBuilder(await interceptor.StartAsync(args).WaitAsync(cancellationToken), interceptor);
    }

    private sealed class TestingBuilder(IDistributedApplicationBuilder inner, EntryPointInterceptor interceptor) : IDistributedApplicationTestingBuilder
    {
        public ConfigurationManager Configuration => inner.Configuration;
        public string AppHostDirectory => inner.AppHostDirectory;
        public Assembly? AppHostAssembly => inner.AppHostAssembly;
        public IHostEnvironment Environment => inner.Environment;
        public IServiceCollection Services => inner.Services;
        public IDistributedApplicationEventing Eventing => inner.Eventing;
        public DistributedApplicationExecutionContext ExecutionContext => inner.ExecutionContext;
        public IResourceCollection Resources => inner.Resources;
        public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource => inner.AddResource(resource);
        public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => inner.CreateResourceBuilder(resource);
        public DistributedApplication Build() => BuildAsync().GetAwaiter().GetResult();
        public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default) => interceptor.BuildAsync().WaitAsync(cancellationToken);
        public void Dispose() => interceptor.OnDisposed();

        public ValueTask DisposeAsync()
        {
            interceptor.OnDisposed();
            return default;
        }
    }
}
