namespace Mesh.Bench.Running;

/// <summary>One benchmark of the program table. The result goes to standard output as a Markdown table, progress to standard error.</summary>
/// <param name="Summary">One line, for the list.</param>
/// <param name="Help">What is measured, the arguments and their ranges, and the aim.</param>
internal sealed record Verb(string Name, string Arguments, string Summary, string Help, Func<string[], Task<int>> Run);

/// <summary>An argument that makes no sense, or something that is missing here; the message is for people.</summary>
internal sealed class BenchException(string message) : Exception(message);

internal static class Arguments
{
    /// <exception cref="BenchException">It is no number of the range.</exception>
    public static int Number(this string[] arguments, int index, string name, int least, int most, int otherwise) =>
        index >= arguments.Length ? otherwise
        : int.TryParse(arguments[index], out var number) && number >= least && number <= most ? number
        : throw new BenchException($"{name} is '{arguments[index]}'; give {least} to {most}.");

    /// <exception cref="BenchException">There is no such file.</exception>
    public static string File(string path) => System.IO.File.Exists(path) ? Path.GetFullPath(path) : throw new BenchException($"There is no file '{path}'.");
}

/// <summary>Tells whoever waits how far a long run is.</summary>
internal static class Progress
{
    public static void Say(string what) => Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {what}");
}
