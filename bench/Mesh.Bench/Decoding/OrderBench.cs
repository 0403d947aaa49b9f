using System.Diagnostics;
using System.Globalization;
using Mesh.Bench.Running;
using Mesh.Inference.Native;

namespace Mesh.Bench.Decoding;

/// <summary>What it costs a model to share a process with another that wants other CPU kernels: nothing, whichever was loaded first.</summary>
internal static class OrderBench
{
    public const string Help = """
        Greedy tokens per second of a bare libllama loop with one thread for each of the models, all loaded into this process in the order given. The last word
        of a line is the CPU kernels in use. model: GGUF files; models/arithmetic.gguf, and ../shared/models/smollm2-135m-instruct.Q4_1.gguf where it is.
        """;

    private sealed record Measured(double TokensPerSecond, string Kernels);

    /// <summary>The program that <see cref="CompareAsync"/> starts anew for every order.</summary>
    public static int Run(string[] arguments)
    {
        var models = arguments is [] ? Models.Both : [.. arguments.Select(Arguments.File)];
        var loops = models.Select(model => new BareLoop(model, threads: 1)).ToArray();
        foreach (var (model, loop) in models.Zip(loops))
        {
            var tokens = new FileInfo(model).Length < 32 << 20 ? 256 : 32;
            loop.TokensPerSecond(tokens / 4);
            var speed = Enumerable.Range(0, 3).Select(_ => loop.TokensPerSecond(tokens)).Max();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{speed:0.0} {loop.Kernels ?? "linked"}"));
        }
        foreach (var loop in loops)
            loop.Dispose();
        return 0;
    }

    /// <summary>Both orders take turns, and with them a process whose kernels are all the other model's, as if the first one loaded decided.</summary>
    public static async Task CompareAsync(string one, string other, int rounds)
    {
        var (first, second, foreign) = (new List<Measured>[] { [], [] }, new List<Measured>[] { [], [] }, new List<Measured>[] { [], [] });
        for (var round = 0; round < rounds; round++)
        {
            Progress.Say($"both orders of loading: round {round + 1} of {rounds}");
            var (straight, reversed) = (await StartAsync(null, one, other), await StartAsync(null, other, one));
            for (var i = 0; i < 2; i++)
            {
                first[i].Add(i == 0 ? straight[0] : reversed[0]);
                second[i].Add(i == 0 ? reversed[1] : straight[1]);
                if (straight[1 - i].Kernels is var name && name != straight[i].Kernels)
                    foreign[i].Add((await StartAsync(name, i == 0 ? one : other))[0]);
            }
        }
        Console.WriteLine();
        Console.WriteLine("| two models in a process | kernels | loaded first, t/s | loaded second, t/s | ratio | with the other's kernels, t/s | ratio |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var (i, path) in new[] { one, other }.Index())
        {
            var ratio = second[i].Zip(first[i], (s, f) => s.TokensPerSecond / f.TokensPerSecond).Median();
            var foreignRatio = foreign[i].Zip(first[i], (x, f) => x.TokensPerSecond / f.TokensPerSecond).Median();
            Console.WriteLine(
                $"| {Path.GetFileName(path)} | {first[i][0].Kernels} | {first[i].Select(m => m.TokensPerSecond).Median():0} | {second[i].Select(m => m.TokensPerSecond).Median():0} | {ratio:0.00} "
                + (foreign[i].Count > 0 ? $"| {foreign[i].Select(m => m.TokensPerSecond).Median():0} ({foreign[i][0].Kernels}) | {foreignRatio:0.00} |" : "| - | - |"));
            Aim.AtLeast($"{Path.GetFileName(path)}, loaded second against loaded first", 0.95, ratio);
        }
    }

    private static async Task<Measured[]> StartAsync(string? kernels, params string[] models)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(OrderBench).Assembly.Location);
        foreach (var argument in (string[])["order", .. models])
            start.ArgumentList.Add(argument);
        if (kernels is not null)
            start.Environment["MESH_LLAMA_CPU"] = kernels;
        using var process = Process.Start(start) ?? throw new BenchException("The second process did not start.");
        var lines = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync();
        return process.ExitCode == 0 && lines.Length == models.Length
            ? [.. lines.Select(line => line.Split(' ')).Select(words => new Measured(double.Parse(words[0], CultureInfo.InvariantCulture), words[1].Trim()))]
            : throw new BenchException($"The second process ended with {process.ExitCode}.");
    }
}
