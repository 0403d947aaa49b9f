using Dapr.Conformance.Tests.Workflows.Hosting;
using Governance.Workflows.Tests.Faults;
using Mesh.Governance.Acts;
using Mesh.Testing.Sidecars;

namespace Governance.Workflows.Tests.Replay;

/// <summary>Records the histories of <see cref="HistoryTests"/>: MESH_RECORD_HISTORIES=folder dotnet test tests/Governance.Workflows.Tests --filter RecordHistories.</summary>
[Collection(nameof(FaultCollection))]
public sealed class RecordHistories
{
    [SkippableFact]
    public async Task Every_story_on_daprd()
    {
        Skip.If(Recording.Folder is null, "MESH_RECORD_HISTORIES names no folder.");
        Skip.If(DaprdProcesses.Missing is not null, DaprdProcesses.Missing);
        var recording = new Recording(Recording.Folder!);
        await using var mesh = await GovernedMesh.StartAsync(new DaprdProcesses(hasScheduler: true), recording);
        foreach (var (name, story) in Stories.All)
        {
            recording.Prefix = name + ".";
            using var telling = await Telling.BeginAsync(mesh);
            await story.TellAsync(telling);
            await telling.EndAsync(story.Steps);
            await Task.Delay(TimeSpan.FromSeconds(2));   // its workflows end after its last entry
        }
        // Nobody votes until all were reminded, and the proposer takes it back.
        recording.Prefix = "reminded.";
        using var last = await Telling.BeginAsync(mesh);
        var hash = await last.ProposeAsync("ada", await Stories.ChangeAsync(last));
        await Task.Delay(TimeSpan.FromSeconds(12));
        await last.WithdrawAsync(hash, "ada");
        await last.StatusAsync(hash, "withdrawn");
        await Task.Delay(TimeSpan.FromSeconds(2));
    }
}
