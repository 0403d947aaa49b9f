using System.Diagnostics;
using Mesh.Bench.Running;
using Mesh.Testing.Load;

namespace Mesh.Bench.Busy;

/// <summary>What load does to answers: nothing, but for the time.</summary>
internal static class BusyBench
{
    public const string Help = """
        Asks a running mesh 200 sums and 200 texts at temperature 0: one after the other twice, with eight clients at a time, and with as many threads beside them that
        compute nothing as the machine has cores, or twice that. Counts the answers that are not, token for token, those of the first run, and gives times as ratios to it.
        router: http://127.0.0.1:8080 unless given. Aim: at most 2 of 400 differ (99.5 %).
        """;

    private const int OfEachKind = 200, Clients = 8;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var url = arguments is [var given, ..] ? given : "http://127.0.0.1:8080";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
            throw new BenchException($"'{url}' is no address.");
        using var router = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(10) };
        var questions = GreedyQuestions.Take(OfEachKind);
        await GreedyQuestions.AskAsync(router, [.. questions.Take(20)], 2);
        Progress.Say("one client, idle");
        var clock = Stopwatch.StartNew();
        var idle = await GreedyQuestions.AskAsync(router, questions, 1);
        var usual = clock.Elapsed;
        Console.WriteLine("| 400 answers | time | ratio | sums that differ | texts that differ |\n| --- | --- | --- | --- | --- |");
        Row("one client, idle", idle);
        await RunAsync("one client again", 1, 0);
        await RunAsync($"{Clients} clients", Clients, 0);
        await RunAsync($"one client beside {Environment.ProcessorCount} hogs", 1, Environment.ProcessorCount);
        await RunAsync($"{Clients} clients beside {Environment.ProcessorCount} hogs", Clients, Environment.ProcessorCount);
        await RunAsync($"{Clients} clients beside {2 * Environment.ProcessorCount} hogs", Clients, 2 * Environment.ProcessorCount);
        return 0;

        async Task RunAsync(string name, int clients, int hogs)
        {
            Progress.Say(name);
            using var hog = new CpuHog(hogs);
            clock.Restart();
            Row(name, await GreedyQuestions.AskAsync(router, questions, clients));
        }

        void Row(string name, string[] answers)
        {
            var elapsed = clock.Elapsed;
            var different = Enumerable.Range(0, answers.Length).Where(n => answers[n] != idle[n]).ToList();
            Console.WriteLine($"| {name} | {elapsed.TotalSeconds:0.0} s | {elapsed / usual:0.00} | {different.Count(n => n < OfEachKind)} | {different.Count(n => n >= OfEachKind)} |");
        }
    }
}
