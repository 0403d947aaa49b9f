using System.Text.Json;
using Governance.Workflows.Hosting;
using Governance.Workflows.Ledger;
using Mesh.Governance;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.Http.Hosting;
using Mesh.Governance.State;
using Mesh.Ledger;
using Mesh.Ledger.Log;
using Mesh.Ledger.Signing;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Genesis;

/// <summary>Opens the ledger: reads or makes the genesis, reads the log, and sees that entry 0 and the genesis file say the same.</summary>
internal sealed partial class Beginning(
    GovernanceLedger ledger, DevelopmentGenesis development, ILedgerStore store, IOptions<GovernanceOptions> options, IConfiguration configuration, IHostApplicationLifetime life,
    TimeProvider time, ILogger<Beginning> log) : BackgroundService
{
    private const string LogKey = "log.key";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var path = Path.GetFullPath(options.Value.Genesis.Length > 0 ? options.Value.Genesis : Path.Combine(Data, "governance", "genesis.json"));
        try
        {
            var genesis = await ReadAsync(path, stoppingToken);
            var key = SigningKey.Load(Path.Combine(Path.GetDirectoryName(path)!, LogKey));
            if (key.Verifier.Text != genesis.Log)
                throw new InvalidDataException($"log.key beside {path} is not the key of this mesh's log.");
            ledger.Open(await OpenAsync(genesis, key, stoppingToken));
            LogOpen(genesis.Mesh, ledger.Log.Size, ledger.State.Configuration!.Version);
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or LedgerDamagedException)
        {
            LogCannot(fault.Message);
            Environment.ExitCode = 1;
            life.StopApplication();
        }
    }

    private string Data => configuration["Mesh:Data"] is { Length: > 0 } data ? data : ".mesh";

    private async Task<GenesisDocument> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (GenesisFile.Read(path) is { } there)
            return there;
        var folder = Path.GetDirectoryName(path)!;
        if (!options.Value.Development)
            return await WaitAsync(path, cancellationToken);
        var made = await development.MakeAsync(folder, options.Value.MemberKeys.Length > 0 ? options.Value.MemberKeys : Path.Combine(folder, "members"), cancellationToken);
        GenesisFile.Write(path, made);
        return made;
    }

    /// <summary>Nodes name their keys once they run, so that the genesis comes after them.</summary>
    private async Task<GenesisDocument> WaitAsync(string path, CancellationToken cancellationToken)
    {
        LogWaiting(path);
        while (true)
        {
            await Task.Delay(Pause, time, cancellationToken);
            if (File.Exists(Path.Combine(Path.GetDirectoryName(path)!, LogKey)) && GenesisFile.Read(path) is { } come)
                return come;
        }
    }

    /// <summary>The store may come later than this process.</summary>
    private async Task<LedgerLog<LedgerView>> OpenAsync(GenesisDocument genesis, SigningKey key, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToElement(new GenesisBody(genesis.Configuration, genesis.Log), GovernanceJson.Default.GenesisBody);
        var isSaid = false;
        while (true)
        {
            LedgerLog<LedgerView>? opened = null;
            try
            {
                opened = await LedgerLog<LedgerView>.OpenAsync(store, new(key, configuration["Mesh:Instance"] ?? "governance"), LedgerView.Empty, LedgerView.Reduce, time, cancellationToken);
                var first = await opened.AppendAsync(new(EntryTypes.Genesis, EntryIds.Genesis, body), cancellationToken);
                return JsonElement.DeepEquals(first.Entry.Body, body) ? opened : throw new InvalidDataException("The ledger in the store is another mesh's: its entry 0 is not this genesis.");
            }
            catch (Exception fault) when (fault is LedgerAwayException or TimeoutException && !cancellationToken.IsCancellationRequested)
            {
                if (!isSaid)
                    LogNoStore(fault.Message);
                isSaid = true;
                if (opened is not null)
                    await opened.DisposeAsync();
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "The ledger of '{Mesh}' is open: {Size} entries, version {Version} of the configuration.")]
    private partial void LogOpen(string mesh, long size, long version);

    [LoggerMessage(LogLevel.Warning, "There is no genesis: 'mesh init' makes one with its log.key, and it is waited for at {Path}. On a developer's machine Mesh:Governance:Development makes one.")]
    private partial void LogWaiting(string path);

    [LoggerMessage(LogLevel.Information, "The store of the ledger is not there yet, it is waited for: {Fault}")]
    private partial void LogNoStore(string fault);

    [LoggerMessage(LogLevel.Critical, "Governance cannot begin: {Fault}")]
    private partial void LogCannot(string fault);
}
