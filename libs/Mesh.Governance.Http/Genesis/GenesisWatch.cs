using Mesh.Governance.Http.Hosting;
using Mesh.Governance.Http.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Governance.Http.Genesis;

/// <summary>
/// Makes the node governed: before it serves anything where there is a genesis, else as soon as there is one. Later changes of the file are nothing to it, and where the file is gone
/// the copy in the node's folder is as good.
/// </summary>
internal sealed partial class GenesisWatch(GovernedNode node, IOptions<GovernanceOptions> options, IConfiguration configuration, TimeProvider clock, ILogger<GenesisWatch> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private readonly string _path = options.Value.GenesisPath(configuration);

    /// <exception cref="InvalidDataException">There is a file and it is no genesis: who may do what is not known, so nothing starts.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (GenesisFile.Read(_path) is { } genesis)
            node.Begin(genesis);
        else if (node.KeptGenesis() is { } kept)
        {
            LogFileGone(_path, kept.Mesh);
            node.Begin(kept);
        }
        else
            LogUngoverned(options.Value.Development ? LogLevel.Information : LogLevel.Warning, node.Name, node.Status().Key, _path);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        string? lastFault = null;
        while (!node.IsGoverned && await timer.WaitForNextTickAsync(stoppingToken))
            try
            {
                if (GenesisFile.Read(_path) is { } genesis)
                    node.Begin(genesis);
            }
            catch (Exception fault) when (fault is InvalidDataException or IOException)
            {
                if (fault.Message != lastFault)
                    LogNoGenesis(fault.Message);
                lastFault = fault.Message;
            }
    }

    [LoggerMessage(Message = "The node '{Node}' with the key {Key} is not governed until there is a genesis: {Path}")]
    private partial void LogUngoverned(LogLevel level, string node, string key, string path);

    [LoggerMessage(LogLevel.Warning, "{Path} is not there; the node is governed by its own copy of the genesis of '{Mesh}'.")]
    private partial void LogFileGone(string path, string mesh);

    [LoggerMessage(LogLevel.Error, "{Fault}")]
    private partial void LogNoGenesis(string fault);
}
