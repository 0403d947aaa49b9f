using Mesh.Training.Scores;

namespace Mesh.Tool.Tests;

/// <summary>The checkout, and texts made by hand.</summary>
internal static class Samples
{
    public static string Root { get; } = FindRoot();

    public static string Model(string name) => Path.Combine(Root, "models", $"{name}.gguf");

    public static EvalText Text(string domain, int source, int[] tokens) => new(domain, source, source % EvalText.Folds, tokens, Unscored: 1);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Mesh.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
