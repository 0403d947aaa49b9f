namespace Mesh.Bench.Running;

/// <summary>Where models and texts are: in the checkout this program was built from, and beside it.</summary>
internal static class Models
{
    public static string Root { get; } = FindRoot();

    /// <summary>The embedded experts' folder.</summary>
    public static string Embedded => Path.Combine(Root, "models");

    public static string Arithmetic => Path.Combine(Embedded, "arithmetic.gguf");

    public static string Shared => Path.GetFullPath(Path.Combine(Root, "..", "shared"));

    /// <summary>A tiny model of 4.9 M parameters, and a real one of 135 M where it is.</summary>
    public static string[] Both =>
        Path.Combine(Shared, "models", "smollm2-135m-instruct.Q4_1.gguf") is var real && File.Exists(real) ? [Arithmetic, real] : [Arithmetic];

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Mesh.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new BenchException("Mesh.sln is in no folder above the program.");
    }
}
