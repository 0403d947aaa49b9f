using Mesh.Bench.Running;

namespace Mesh.Bench.Chorus;

/// <param name="Help">What is measured, and the aim.</param>
/// <param name="RunAsync">With the model that was named, if one was.</param>
internal sealed record ChorusPart(string Name, string Help, Func<string?, Task> RunAsync);

/// <summary>What the mechanisms of libs/Mesh.Chorus cost and bring.</summary>
internal static class ChorusBench
{
    private static readonly ChorusPart[] Parts =
    [
        new("clocks", ClocksBench.Help, _ => ClocksBench.RunAsync()), new("rope", RopeBench.Help, _ => RopeBench.RunAsync()), new("windows", WindowsBench.Help, WindowsBench.RunAsync),
    ];

    public static string Help { get; } = string.Join('\n', Parts.Select(p => $"{p.Name}: {p.Help}")) + "\npart: all of them if none is named. model: a GGUF file for those that use one, the 135 M one of ../shared if none is named.";

    public static async Task<int> RunAsync(string[] arguments)
    {
        var model = Array.Find(arguments, File.Exists);
        var names = arguments.Where(a => a != model).ToArray();
        if (Array.Find(names, a => Parts.All(p => p.Name != a)) is { } wrong)
            throw new BenchException($"'{wrong}' is no part; there are {string.Join(", ", Parts.Select(p => p.Name))}.");
        foreach (var part in Parts.Where(p => names.Length == 0 || names.Contains(p.Name)))
        {
            await part.RunAsync(model);
            Console.WriteLine();
        }
        Aim.Print();
        return 0;
    }
}
