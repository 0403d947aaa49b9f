using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Mesh.Contracts.Experts;
using Mesh.Governance.Operations;
using Xunit.Abstractions;

namespace Mesh.EndToEnd.Tests.Halting;

/// <summary>A mesh that stops with its lease (<c>OnLeaseLost=halt</c>), and stays halted whatever is killed.</summary>
public sealed partial class HaltRestartTests(ITestOutputHelper output) : IDisposable
{
    private const int Kill = 9, Continue = 18, Stop = 19;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);
    private readonly string _data = Directory.CreateTempSubdirectory("mesh-halted-").FullName;
    private readonly int _port = MeshFixture.FreePort();
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [SkippableTheory, InlineData("embedded"), InlineData("daprd")]
    public async Task The_end_of_the_lease_stops_it_and_a_halt_outlives_every_process(string sidecar)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Signals of a Unix terminal, and setsid to play one.");
        Skip.If(sidecar == "daprd" && RealDapr.Missing is not null, RealDapr.Missing);
        using var router = new HttpClient { BaseAddress = new($"http://127.0.0.1:{_port}"), Timeout = Limit };
        var people = new People(router, _data);
        string halt;
        using (var host = Start(sidecar))
            try
            {
                await WellAsync(router, people);
                await EndsWithTheLeaseAsync(router);
                await WellAsync(router, people);
                halt = await people.HaltAsync("ben");
            }
            finally
            {
                await KillAllAsync(host);
            }
        Say("halted, and all processes are killed");
        using (var host = Start(sidecar))
            try
            {
                await MeshFixture.Eventually(async () => await HaltedNodesAsync(router) == 4, "all four nodes are there and halted", Limit);
                Say("started again: halted everywhere");
                await RefusesAsync(router, people);
                Assert.Equal((HttpStatusCode.Forbidden, "own_proposal"), await people.ResumeAsync(halt, "ben", "cleo"));
                await RefusesAsync(router, people);
                Assert.Equal((HttpStatusCode.OK, null), await people.ResumeAsync(halt, "ada", "cleo"));
                await WellAsync(router, people);
                await people.VerifyLedgerAsync($"halt/{halt}");
            }
            finally
            {
                await KillAllAsync(host);
            }
    }

    /// <summary>Nobody halts: governance stands still, and with it the lease of everybody runs out.</summary>
    private async Task EndsWithTheLeaseAsync(HttpClient router)
    {
        using var end = new CancellationTokenSource(Limit);
        var streams = Enumerable.Range(0, 4).Select(n => new EndlessStream(router, $"Tell me about {n} seas.", end.Token)).ToArray();
        await Task.WhenAll(streams.Select(s => s.Running)).WaitAsync(end.Token);
        var governance = Assert.Single(Processes("governance"));
        Assert.Equal(0, Signal(governance, Stop));
        Say("governance stands still");
        try
        {
            Assert.All(await Task.WhenAll(streams.Select(s => s.Ended)), code => Assert.Equal("mesh_halted", code));
            Say("the streams have ended");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "mesh_halted"), await AskAsync(router));
            var status = JsonElement.Parse(await router.GetStringAsync("/mesh/status")).GetProperty("governance");
            Assert.Equal(("lost", false), (status.GetProperty("lease").GetString(), status.GetProperty("halted").GetBoolean()));
        }
        finally
        {
            Assert.Equal(0, Signal(governance, Continue));
        }
    }

    private async Task WellAsync(HttpClient router, People people)
    {
        await MeshFixture.Eventually(async () => (await router.ExpertsAsync()).Count(e => e.State == "ready") == 6, "six experts are ready", Limit);
        await people.ReadyAsync(Limit);
        await MeshFixture.Eventually(async () => (await AskAsync(router)).Status == HttpStatusCode.OK, "the mesh answers", Limit);
        Say("the mesh is well");
    }

    private static async Task RefusesAsync(HttpClient router, People people)
    {
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "mesh_halted"), await AskAsync(router));
        using var registered = await router.PostAsJsonAsync("/mesh/experts", new { id = "another", model_path = "/nowhere/model.gguf" });
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "mesh_halted"), (registered.StatusCode, await People.CodeAsync(registered)));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "mesh_halted"), await people.TryProposeAsync("ada", new QuarantineExpert(ExpertId.Parse("unix"), "a test")));
        Assert.DoesNotContain(await router.ExpertsAsync(), e => e.State == "ready");
    }

    private static async Task<(HttpStatusCode Status, string? Code)> AskAsync(HttpClient router)
    {
        using var answer = await router.PostAsJsonAsync("/v1/chat/completions", RouterClient.Chat("What is 17 + 25?", "arithmetic"));
        return (answer.StatusCode, await People.CodeAsync(answer));
    }

    private static async Task<int> HaltedNodesAsync(HttpClient router)
    {
        using var answer = await router.GetAsync("/governance/status");
        return answer.IsSuccessStatusCode
            ? JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("nodes").EnumerateArray().Count(n => n.GetProperty("reachable").GetBoolean() && n.GetProperty("halted").GetBoolean())
            : 0;
    }

    private AppHostProcess Start(string sidecar) =>
        AppHostProcess.Start(AppHostProcess.Terminal, $"--Mesh:Port={_port}", $"--Mesh:Data={_data}", $"--Mesh:Sidecar={sidecar}", "--Mesh:Governance:OnLeaseLost=halt", "--Mesh:SelfPrompt:Interval=00:00:00");

    /// <summary>AppHost, its terminal's group, and everything that carries the mark of this mesh.</summary>
    private async Task KillAllAsync(AppHostProcess host)
    {
        _ = Signal(-host.Process.Id, Kill);
        await MeshFixture.Eventually(() =>
        {
            var left = Processes(null).ToArray();
            foreach (var pid in left)
                _ = Signal(pid, Kill);
            return Task.FromResult(left.Length == 0);
        }, "nothing of the mesh is left", Limit);
        await host.ExitAsync();
    }

    /// <summary>The processes of a resource, or of all, of the mesh on this test's folder: AppHost marks their environment.</summary>
    private IEnumerable<int> Processes(string? resource)
    {
        var mark = $"{resource}@{_data}";
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), out var pid) && Environ(folder).Any(v => v.StartsWith("MESH_RESOURCE=", StringComparison.Ordinal) && (resource is null ? v.EndsWith(mark, StringComparison.Ordinal) : v == $"MESH_RESOURCE={mark}")))
                yield return pid;
    }

    private static string[] Environ(string folder)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(folder, "environ"))).Split('\0');
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return [];   // it ended, or is another's
        }
    }

    private void Say(string what) => output.WriteLine($"{_clock.Elapsed.TotalSeconds,6:0.0} s  {what}");

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);
}
