namespace Mesh.Testing;

/// <summary>The checkout these tests were built from.</summary>
public static class Checkout
{
    public static string Root { get; } = Find();

    public static string Model(string name) => Path.Combine(Root, "models", name + ".gguf");

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Mesh.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Mesh.sln is in no folder above the test assembly.");
    }
}
