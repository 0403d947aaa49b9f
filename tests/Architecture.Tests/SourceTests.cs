using System.Text.RegularExpressions;

namespace Architecture.Tests;

public sealed partial class SourceTests
{
    private static readonly string[] StoresAndBrokers =
        ["state.sqlite", "state.redis", "state.postgresql", "state.azure", "pubsub.redis", "pubsub.in-memory", "pubsub.azure", "state.in-memory"];

    [Fact]
    public void Native_calls_use_LibraryImport() =>
        Assert.Empty(Sources().Where(f => DllImport().IsMatch(File.ReadAllText(f))).Select(Relative));

    [Fact]
    public void Nothing_outside_components_and_the_stand_ins_names_a_store_or_broker() =>
        Assert.Empty(Sources()
            .Where(f => Relative(f) is var path && !path.StartsWith("compat/", StringComparison.Ordinal) && !path.StartsWith("tests/", StringComparison.Ordinal))
            .Where(f => StoresAndBrokers.Any(File.ReadAllText(f).Contains)).Select(Relative));

    [Fact]
    public void Services_and_libraries_read_the_clock_through_TimeProvider() =>
        Assert.Empty(Sources()
            .Where(f => Project.LayerOf(Relative(f)) is "libs" or "services")
            .Where(f => Clock().IsMatch(File.ReadAllText(f))).Select(Relative));

    private static IEnumerable<string> Sources() => Repository.Projects
        .Select(p => Path.GetDirectoryName(Path.Combine(Repository.Root, p.Path))!)
        .SelectMany(folder => Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories))
        .Distinct().Where(f => !BuildOutput().IsMatch(Relative(f)));

    private static string Relative(string file) => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/');

    // Written so that this file does not match itself.
    [GeneratedRegex(@"\[Dll" + "Import")]
    private static partial Regex DllImport();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Utc)?Now\b")]
    private static partial Regex Clock();

    [GeneratedRegex(@"(^|/)(bin|obj|node_modules)/")]
    private static partial Regex BuildOutput();
}
