namespace Mesh.Inference.Tests;

/// <summary>Models on disk: the embedded ones of this repository, and the bigger one beside it where it is.</summary>
internal static class TestModels
{
    public static readonly string[] EmbeddedNames = ["arithmetic", "code", "generalist", "lexicon", "scripture", "unix"];

    private static readonly string Root = FindRoot();

    public static string Embedded(string name) => Path.Combine(Root, "models", $"{name}.gguf");

    public static string Arithmetic => Embedded("arithmetic");

    /// <summary>SmolLM2-135M-Instruct: skips the test where the shared folder is absent.</summary>
    public static string SmolLm()
    {
        var path = Path.GetFullPath(Path.Combine(Root, "..", "shared", "models", "smollm2-135m-instruct.Q4_1.gguf"));
        Skip.IfNot(File.Exists(path), "The shared folder with SmolLM2-135M is not beside this repository.");
        return path;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Mesh.sln")))
                return folder.FullName;
        throw new InvalidOperationException("The tests run outside the repository.");
    }
}

/// <summary>A file that is gone when the test is over.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"mesh-{Guid.NewGuid():N}.gguf");

    public TemporaryFile Write(ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(Path, bytes);
        return this;
    }

    public void Dispose() => File.Delete(Path);
}
