using Mesh.Bench.Running;

namespace Mesh.Bench.Chorus;

/// <param name="Help">What is measured, and the aim.</param>
internal sealed record ChorusPart(string Name, string Help, Func<Task> RunAsync);

/// <summary>What the mechanisms of libs/Mesh.Chorus cost and bring.</summary>
internal static class ChorusBench
{
    private static readonly ChorusPart[] Parts = [new("clocks", ClocksBench.Help, ClocksBench.RunAsync), new("rope", RopeBench.Help, RopeBench.RunAsync)];

    public static string Help { get; } = string.Join('\n', Parts.Select(p => $"{p.Name}: {p.Help}")) + "\npart: all of them if none is named.";

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (Array.Find(arguments, a => Parts.All(p => p.Name != a)) is { } wrong)
            throw new BenchException($"'{wrong}' is no part; there are {string.Join(", ", Parts.Select(p => p.Name))}.");
        foreach (var part in Parts.Where(p => arguments.Length == 0 || arguments.Contains(p.Name)))
        {
            await part.RunAsync();
            Console.WriteLine();
        }
        Aim.Print();
        return 0;
    }
}
