using AppHost.Restarting;
using AppHost.Starting;
using AppHost.Stopping;
using AppHost.Terminal;
using Aspire.Hosting.Lifecycle;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AppHost;

/// <summary>What AppHost adds to Aspire: a guarded start, restarts, an orderly end, and what a person reads in the terminal.</summary>
internal static class MeshApplication
{
    // Plain HTTP on loopback needs no certificate, and no start asks a package feed for a newer Aspire; arguments have the last word.
    private static readonly string[] Defaults = ["--environment=Development", "--ASPIRE_ALLOW_UNSECURED_TRANSPORT=true", "--ASPIRE_VERSION_CHECK_DISABLED=true"];

    public static IDistributedApplicationBuilder CreateBuilder(string[] args)
    {
        OrphanGuard.Start();
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = [.. Defaults, .. args], AssemblyName = typeof(MeshApplication).Assembly.GetName().Name });
        // The end of AppHost is the end of everything it started.
        builder.Configuration["DcpPublisher:WaitForResourceCleanup"] = "true";
        builder.Services.AddLogging(logging => logging
            .AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error)
            // A start that fails throws, too; one that is interrupted is no failure.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
            .AddFilter("Aspire.Hosting", LogLevel.Warning)
            // A terminal's Ctrl-C reaches the dashboard too, also while it starts.
            .AddFilter("Aspire.Hosting.Dashboard", level => level >= LogLevel.Warning && !Signals.HasCome));
        return builder;
    }

    /// <summary>Before a resource is added, which may write there.</summary>
    /// <exception cref="DistributedApplicationException">The data folder is another mesh's.</exception>
    public static void HoldData(this IDistributedApplicationBuilder builder, MeshSettings mesh)
    {
        if (builder.ExecutionContext.IsRunMode)
            builder.Services.AddSingleton(DataFolder.Hold(mesh.Data));
    }

    /// <summary>Once every resource is added.</summary>
    /// <exception cref="DistributedApplicationException">A port is taken.</exception>
    public static DistributedApplication BuildMesh(this IDistributedApplicationBuilder builder, MeshSettings mesh)
    {
        if (builder.ExecutionContext.IsPublishMode)
            return builder.Build();
        Ports.MustBeFree(builder);
        Marks.MarkResources(builder, mesh.Data);
        builder.Services.AddEventingSubscriber<DashboardLast>();
        builder.Services.AddSingleton<Screen>().AddHostedService<OrderlyEnd>();
        // Aspire's own starts return when the resources run: what watches them begins before.
        foreach (var watcher in new[] { typeof(Restarts), typeof(ResourceLines), typeof(Progress) })
            builder.Services.Insert(0, ServiceDescriptor.Singleton(typeof(IHostedService), watcher));
#pragma warning disable ASPIRECERTIFICATES001
        builder.Services.AddSingleton<IDeveloperCertificateService>(new OrchestratorCertificate(OrchestratorCertificate.UserFile));
#pragma warning restore ASPIRECERTIFICATES001
        return builder.Build();
    }

    /// <summary>Until a signal comes.</summary>
    public static async Task RunMeshAsync(this DistributedApplication app)
    {
        using var signals = ActivatorUtilities.CreateInstance<Signals>(app.Services);
        var screen = app.Services.GetRequiredService<Screen>();
        var stopping = app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var isUp = false;
        try
        {
            await app.StartAsync();
            isUp = true;
            await Task.Delay(Timeout.Infinite, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Of a start that was interrupted Aspire knows neither what runs nor how to stop it: it waits for half a minute. What has begun ends with AppHost, by the guard.
            if (!isUp)
            {
                screen.OnInterrupted();
                return;
            }
            await app.StopAsync(CancellationToken.None);
        }
        await app.DisposeAsync();
        screen.OnStopped();
    }
}
