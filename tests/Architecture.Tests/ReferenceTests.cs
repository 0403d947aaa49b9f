namespace Architecture.Tests;

public sealed class ReferenceTests
{
    /// <summary>AppHost -> services -> libs -> compat, one way; tests, tools and benchmarks look at anything and nothing looks at them.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["AppHost"] = ["services", "compat"],
        ["services"] = ["libs", "compat"],
        ["libs"] = ["libs", "compat"],
        ["compat"] = ["compat"],
        ["tools"] = ["libs", "compat"],
        ["bench"] = ["AppHost", "services", "libs", "compat"],
        ["tests"] = ["AppHost", "services", "libs", "compat", "tests", "tools", "bench"],
    };

    public static TheoryData<string> Paths => [.. Repository.Projects.Select(p => p.Path)];

    [Theory, MemberData(nameof(Paths))]
    public void References_point_one_way(string path)
    {
        var project = Repository.Projects.Single(p => p.Path == path);
        foreach (var reference in project.References)
        {
            var layer = Project.LayerOf(reference);
            var shared = project.Layer == "services" && reference.StartsWith("ServiceDefaults/", StringComparison.Ordinal);
            Assert.True(shared || Allowed[project.Layer].Contains(layer), $"{path} ({project.Layer}) references {reference} ({layer}).");
        }
    }

    /// <summary>What restores as a package is used as it is: the toolkit and Semantic Kernel's agents do not, and the embedded sidecar is ours.</summary>
    [Fact]
    public void Stand_ins_are_those_of_packages_that_cannot_be_used() =>
        Assert.Subset(
            new HashSet<string> { "CommunityToolkit.Aspire.Hosting.Dapr", "Dapr.Sidecar", "Microsoft.SemanticKernel.Agents.Core" },
            Directory.GetDirectories(Path.Combine(Repository.Root, "compat")).Where(HoldsSource).Select(f => Path.GetFileName(f)!).ToHashSet());

    /// <summary>A build leaves its output behind when a project is deleted.</summary>
    private static bool HoldsSource(string folder) => Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories).Any();

    [Theory, MemberData(nameof(Paths))]
    public void Every_referenced_project_exists(string path) =>
        Assert.All(Repository.Projects.Single(p => p.Path == path).References, r => Assert.Contains(Repository.Projects, p => p.Path == r));

    [Theory, MemberData(nameof(Paths))]
    public void Libraries_without_Dapr_workflows_or_HTTP_in_their_name_know_neither(string path)
    {
        var project = Repository.Projects.Single(p => p.Path == path);
        if (project.Layer != "libs" || project.Name.Contains("Dapr") || project.Name.Contains("Workflows") || project.Name.Contains("Http"))
            return;
        Assert.False(project.UsesAspNet, $"{path} uses ASP.NET Core.");
        Assert.DoesNotContain(project.Packages, p => p.StartsWith("Dapr.") || p.StartsWith("Grpc.") || p.StartsWith("Microsoft.AspNetCore."));
        Assert.DoesNotContain(project.References, r => r.StartsWith("compat/", StringComparison.Ordinal));
    }

    [Fact]
    public void Contracts_need_nothing_but_the_base_library()
    {
        var contracts = Repository.Projects.Single(p => p.Name == "Mesh.Contracts");
        Assert.Empty(contracts.Packages);
        Assert.Empty(contracts.References);
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "Mesh.sln")).Replace('\\', '/');
        Assert.All(Repository.Projects, p => Assert.Contains(p.Path, solution));
    }
}
