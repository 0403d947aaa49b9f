using Dapr.Conformance.Tests.Workflows.Hosting;
using Mesh.Bench.Governance.Appends;
using Mesh.Bench.Governance.Approvals;
using Mesh.Bench.Governance.Decisions;
using Mesh.Bench.Governance.Halts;
using Mesh.Bench.Governance.Sizes;
using Mesh.Bench.Hosting;
using Mesh.Bench.Running;

namespace Mesh.Bench.Governance;

/// <summary>(h): people in charge, in the mesh as a developer starts it, and the parts of it alone.</summary>
internal static class GovernanceBench
{
    /// <summary>Milliseconds until every one of 64 streams has ended, p99.</summary>
    public const double HaltAim = 1000;

    private const string Halt = "halt", Append = "append", Ledger = "ledger", Policy = "policy", Approvals = "approvals";
    private static readonly string[] Parts = [Halt, Append, Ledger, Policy, Approvals];

    public const string Help = """
        halt: 64 endless streams of the running mesh, halted 20 times through the router and 10 times at the nodes themselves; until each client has read its last token and the event.
        append: an act alone, and 16 and 64 at a time, until its entry is committed by the witnesses, on both sidecars, against plain writes of the same store.
        ledger: proofs, appends, opening and verification at 10^3 to 10^6 entries. policy: a decision of the rules. approvals: 1,000 open at once, and a halt meanwhile.
        percent: 1 to 100, 100 unless given: so much of those counts, for a try. part: everything if none is named. daprd is left out where ~/.dapr/bin has none.
        Aims: a halt ends every stream within 1 s (p99); a decision of the rules takes less than 0.1 ms.
        """;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var named = arguments.Intersect(Parts).ToArray();
        var numbers = arguments.Except(named).ToArray();
        var percent = numbers.Number(0, "percent", 1, 100, 100);
        if (numbers.Length > 1)
            throw new BenchException($"'{numbers[1]}' is no part; there are {string.Join(", ", Parts)}.");
        var parts = named.Length > 0 ? named : Parts;

        if (parts.Contains(Policy))
            DecisionBench.Run();
        if (parts.Contains(Ledger))
        {
            Console.WriteLine();
            await LedgerSizeBench.RunAsync(percent switch { 100 => 1_000_000, >= 10 => 100_000, _ => 10_000 });
        }
        if (parts.Intersect([Halt, Append, Approvals]).Any())
            await LiveAsync(parts, Of);
        Aim.Print();
        return 0;

        int Of(int count) => Math.Max(1, count * percent / 100);
    }

    private static async Task LiveAsync(string[] parts, Func<int, int> of)
    {
        var appends = new List<string>();
        if (parts.Contains(Append) && Daprd.Missing is null)
            await WithMeshAsync("daprd", (mesh, people) => AppendAsync(mesh, people, of, appends));
        else if (parts.Contains(Append))
            Console.Error.WriteLine(Daprd.Missing);
        await WithMeshAsync("embedded", async (mesh, people) =>
        {
            if (parts.Contains(Append))
            {
                await AppendAsync(mesh, people, of, appends);
                AppendBench.Print(appends);
            }
            if (parts.Contains(Halt))
                await HaltAsync(mesh, people, of);
            if (parts.Contains(Approvals))
                await new ApprovalBench(mesh, people).RunAsync(of(1000), of(100), of(5));
        });
    }

    private static async Task WithMeshAsync(string sidecar, Func<LiveMesh, People, Task> measure)
    {
        Progress.Say($"starting a mesh on {sidecar}");
        await using var mesh = await LiveMesh.StartAsync(sidecar, $"--Mesh:Router:MaxConcurrent={HaltBench.Streams}");
        using var people = await People.OfAsync(mesh);
        await mesh.ExpertsReadyAsync();
        await measure(mesh, people);
    }

    private static async Task AppendAsync(LiveMesh mesh, People people, Func<int, int> of, List<string> rows)
    {
        using var appends = await AppendBench.StartAsync(mesh, people, of(200), of(20));
        await appends.RunAsync(mesh.Sidecar, of(200), rows);
        await appends.RunFrozenAsync(mesh.Sidecar, mesh, of(20), rows);
        await mesh.ExpertsReadyAsync();
    }

    private static async Task HaltAsync(LiveMesh mesh, People people, Func<int, int> of)
    {
        HaltBench through = new(mesh, people), direct = new(mesh, people);
        await through.RunAsync(of(20), isDirect: false);
        await direct.RunAsync(of(10), isDirect: true);
        Console.WriteLine();
        HaltBench.Header($"halt, {HaltBench.Streams} endless streams");
        through.Print("through the router");
        direct.Print("`--direct`");
        Aim.AtMost($"(h) halt through the router, {HaltBench.Streams} streams, `mesh_halted` read, p99 ms", HaltAim, through.Ends.Percentile(0.99), "0");
        Aim.AtMost($"(h) halt with `--direct`, {HaltBench.Streams} streams, `mesh_halted` read, p99 ms", HaltAim, direct.Ends.Percentile(0.99), "0");
    }
}
