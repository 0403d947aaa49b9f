using System.Diagnostics;
using Dapr.Workflow;
using Dapr.Workflow.Client;
using Governance.Workflows.Approval;
using Mesh.Bench.Durability;
using Mesh.Bench.Governance.Halts;
using Mesh.Bench.Hosting;
using Mesh.Bench.Running;
using Mesh.Governance.Acts;

namespace Mesh.Bench.Governance.Approvals;

/// <summary>Many approvals that wait at once: what they cost, and whether they delay the next decision or a halt.</summary>
internal sealed class ApprovalBench(LiveMesh mesh, People people)
{
    private const int Clients = 16, WarmUp = 5;
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(10), Calm = TimeSpan.FromSeconds(3);

    /// <summary>Its workflow has reminded and looked, and waits for a vote.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(200);

    /// <param name="open">Approvals at once.</param>
    /// <param name="decided">Of how many the last vote is timed, each way.</param>
    public async Task RunAsync(int open, int decided, int halts)
    {
        await using var workflows = DurableApp.Client(mesh.DaprGrpc.ToString(), mesh.DaprHttp.ToString());
        Progress.Say("approvals, one open at a time");
        await DecideAloneAsync(workflows, WarmUp);
        var alone = await DecideAloneAsync(workflows, decided / 2 + 1);
        await Task.Delay(Calm);
        var before = await UseAsync();

        Progress.Say($"opening {open} approvals");
        var proposals = Enumerable.Range(0, open).Select(_ => people.Suggestion()).ToArray();
        var start = Stopwatch.GetTimestamp();
        await AtOnceAsync(proposals, people.ProposeAsync);
        var opened = Stopwatch.GetElapsedTime(start);
        foreach (var proposal in proposals)
            await StartedAsync(workflows, proposal.Hash);
        var running = Stopwatch.GetElapsedTime(start);
        await Task.Delay(Calm);
        var during = await UseAsync();

        Progress.Say("deciding some of them");
        var among = new List<double>();
        foreach (var proposal in proposals.Take(Math.Min(decided, open)))
        {
            await Task.Delay(Rest);
            among.Add(await DecideAsync(workflows, proposal));
        }
        Progress.Say("halting with the others open");
        var halt = new HaltBench(mesh, people);
        await halt.RunAsync(halts, isDirect: false);
        Progress.Say("deciding the others at once, and again one alone");
        var rest = proposals[among.Count..];
        start = Stopwatch.GetTimestamp();
        await AtOnceAsync(rest, proposal => people.VoteAsync(people.Vote(proposal, People.Ben)));
        foreach (var proposal in rest)
            await workflows.WaitForWorkflowCompletionAsync(ApprovalWorkflow.IdOf(proposal.Hash), false).WaitAsync(LiveMesh.Limit);
        var decidedAll = Stopwatch.GetElapsedTime(start);
        alone.AddRange(await DecideAloneAsync(workflows, decided / 2));

        Console.WriteLine();
        Console.WriteLine($"| approvals | 1 open | {open:n0} open | ratio |\n| --- | --- | --- | --- |");
        Console.WriteLine($"| last vote to the workflow's end ({alone.Count} and {among.Count}), p50 ms | {alone.Median():0.0} | {among.Median():0.0} | {among.Median() / alone.Median():0.00} |");
        Console.WriteLine($"| p99 ms | {alone.Percentile(0.99):0.0} | {among.Percentile(0.99):0.0} | {among.Percentile(0.99) / alone.Percentile(0.99):0.00} |");
        Console.WriteLine($"| opened by {Clients} clients, s | | {opened.TotalSeconds:0.0} ({open / opened.TotalSeconds:0} a second) | |");
        Console.WriteLine($"| until every workflow runs, s | | {running.TotalSeconds:0.0} | |");
        Console.WriteLine($"| the other {rest.Length:n0} decided at once, s | | {decidedAll.TotalSeconds:0.0} ({rest.Length / decidedAll.TotalSeconds:0} a second) | |");
        Row("governance", before[0], during[0]);
        Row("its sidecar", before[1], during[1]);
        Console.WriteLine();
        HaltBench.Header($"halt with {open - among.Count:n0} approvals open");
        halt.Print("through the router");
        Aim.AtMost($"(h) last vote to the workflow's end, {open:n0} open against 1, p50", 2, among.Median() / alone.Median());
        Aim.AtMost($"(h) halt with {open - among.Count:n0} approvals open, `mesh_halted` read, p99 ms", GovernanceBench.HaltAim, halt.Ends.Percentile(0.99), "0");
    }

    private static void Row(string who, ProcessUse before, ProcessUse during)
    {
        Console.WriteLine($"| memory of {who}, MB | {before.Megabytes:0} | {during.Megabytes:0} | {during.Megabytes / before.Megabytes:0.00} |");
        Console.WriteLine($"| cores that {who} takes while they wait | {before.Cores:0.00} | {during.Cores:0.00} | {during.Cores / before.Cores:0.0} |");
    }

    private Task<ProcessUse[]> UseAsync() => ProcessUse.OverAsync(Watch, () => mesh.ProcessOf("governance"), mesh.SidecarProcess);

    private static Task StartedAsync(DaprWorkflowClient workflows, string proposal) => LiveMesh.EventuallyAsync(
        async () => await workflows.GetWorkflowStateAsync(ApprovalWorkflow.IdOf(proposal), false) is { RuntimeStatus: WorkflowRuntimeStatus.Running }, "the approval's workflow runs");

    private static Task AtOnceAsync(SignedAct<Proposal>[] proposals, Func<SignedAct<Proposal>, Task> act)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            for (int n; (n = Interlocked.Increment(ref next)) < proposals.Length;)
                await act(proposals[n]);
        })));
    }

    /// <summary>Opened and decided, one after the other.</summary>
    private async Task<List<double>> DecideAloneAsync(DaprWorkflowClient workflows, int count)
    {
        var times = new List<double>();
        for (var n = 0; n < count; n++)
        {
            var proposal = people.Suggestion();
            await people.ProposeAsync(proposal);
            await StartedAsync(workflows, proposal.Hash);
            await Task.Delay(Rest);
            times.Add(await DecideAsync(workflows, proposal));
        }
        return times;
    }

    /// <summary>Milliseconds from the only vote that it takes to its workflow's end.</summary>
    private async Task<double> DecideAsync(DaprWorkflowClient workflows, SignedAct<Proposal> proposal)
    {
        var vote = people.Vote(proposal, People.Ben);
        var ended = workflows.WaitForWorkflowCompletionAsync(ApprovalWorkflow.IdOf(proposal.Hash), true);
        var start = Stopwatch.GetTimestamp();
        await people.VoteAsync(vote);
        var state = await ended.WaitAsync(LiveMesh.Limit);
        var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return state.ReadOutputAs<string>() == "approved" ? took : throw new BenchException($"An approval ended as {state.ReadOutputAs<string>()}.");
    }
}
