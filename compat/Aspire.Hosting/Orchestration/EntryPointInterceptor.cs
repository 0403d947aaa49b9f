using System.Reflection;

namespace Aspire.Hosting.Orchestration;

/// <summary>Lets a test run the AppHost's real entry point: paused at Build until the test wants the application, and at Run until it is disposed.</summary>
internal sealed class EntryPointInterceptor(Assembly assembly)
{
    private static readonly AsyncLocal<EntryPointInterceptor?> Flowing = new();
    private readonly TaskCompletionSource<DistributedApplicationBuilder> _builder = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _application = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _mayBuild = new();

    public static EntryPointInterceptor? Current => Flowing.Value;

    public Assembly Assembly { get; } = assembly;

    public Task Disposed => _disposed.Task;

    /// <summary>Starts the entry point on a thread of its own and answers the builder it made.</summary>
    public Task<DistributedApplicationBuilder> StartAsync(string[] args)
    {
        var thread = new Thread(() =>
        {
            Flowing.Value = this;
            try
            {
                var entry = Assembly.EntryPoint ?? throw new InvalidOperationException($"{Assembly} has no entry point.");
                var result = entry.Invoke(null, entry.GetParameters().Length == 0 ? [] : [args]);
                (result as Task)?.GetAwaiter().GetResult();
                Fail(new InvalidOperationException("The entry point ended without building an application."));
            }
            catch (Exception fault)
            {
                Fail(fault is TargetInvocationException { InnerException: { } inner } ? inner : fault);
            }
        }) { IsBackground = true, Name = "AppHost entry point" };
        thread.Start();
        return _builder.Task;

        void Fail(Exception fault)
        {
            _builder.TrySetException(fault);
            _application.TrySetException(fault);
        }
    }

    public Task<DistributedApplication> BuildAsync()
    {
        _mayBuild.Set();
        return _application.Task;
    }

    public void OnBuilding(DistributedApplicationBuilder builder)
    {
        _builder.TrySetResult(builder);
        _mayBuild.Wait();
    }

    public void OnBuilt(DistributedApplication application) => _application.TrySetResult(application);

    public void OnDisposed() => _disposed.TrySetResult();
}
