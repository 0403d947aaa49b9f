using Mesh.Testing;
using Expert.Worker.Experts;
using Mesh.Contracts.Experts;
using Microsoft.Extensions.Configuration;

namespace Expert.Worker.Tests.Experts;

public sealed class ModelRootsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _root;
    private readonly string _outside;

    public ModelRootsTests()
    {
        _root = Directory.CreateDirectory(Path.Combine(_folder.Path, "root")).FullName;
        _outside = Directory.CreateDirectory(Path.Combine(_folder.Path, "root-of-others")).FullName;
        File.WriteAllText(Path.Combine(_root, "a.gguf"), "12345");
        File.WriteAllText(Path.Combine(_outside, "secret.gguf"), "1");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_under_a_root_is_accepted_with_its_size()
    {
        var (spec, bytes) = new ModelRoots([_root]).Resolve(Spec(Path.Combine(_root, "a.gguf")));
        Assert.Equal((Path.Combine(_root, "a.gguf"), 5L), (spec.ModelPath, bytes));
    }

    [Theory]
    [InlineData("root-of-others/secret.gguf")]
    [InlineData("root/../root-of-others/secret.gguf")]
    [InlineData("root-of-others/absent.gguf")]
    public void A_path_outside_is_refused_whether_it_exists_or_not(string path)
    {
        var refused = Assert.Throws<ExpertRefusedException>(() => new ModelRoots([_root]).Resolve(Spec(Path.Combine(_folder.Path, path))));
        Assert.Contains("lies under none", refused.Message);
    }

    [Fact]
    public void A_link_that_leads_out_is_refused_and_one_that_stays_is_followed()
    {
        File.CreateSymbolicLink(Path.Combine(_root, "out.gguf"), Path.Combine(_outside, "secret.gguf"));
        Directory.CreateSymbolicLink(Path.Combine(_root, "folder"), "../root-of-others");
        File.CreateSymbolicLink(Path.Combine(_root, "in.gguf"), "a.gguf");
        var roots = new ModelRoots([_root]);
        Assert.Throws<ExpertRefusedException>(() => roots.Resolve(Spec(Path.Combine(_root, "out.gguf"))));
        Assert.Throws<ExpertRefusedException>(() => roots.Resolve(Spec(Path.Combine(_root, "folder", "secret.gguf"))));
        Assert.Equal(Path.Combine(_root, "a.gguf"), roots.Resolve(Spec(Path.Combine(_root, "in.gguf"))).Spec.ModelPath);
    }

    [Fact]
    public void A_circle_of_links_is_refused()
    {
        File.CreateSymbolicLink(Path.Combine(_root, "x"), "y");
        File.CreateSymbolicLink(Path.Combine(_root, "y"), "x");
        Assert.Throws<ExpertRefusedException>(() => new ModelRoots([_root]).Resolve(Spec(Path.Combine(_root, "x"))));
    }

    [Fact]
    public void A_relative_path_and_an_adapter_outside_are_refused()
    {
        var roots = new ModelRoots([_root]);
        Assert.Throws<ExpertRefusedException>(() => roots.Resolve(Spec("a.gguf")));
        Assert.Throws<ExpertRefusedException>(() => roots.Resolve(
            Spec(Path.Combine(_root, "a.gguf")) with { Adapters = [new(Path.Combine(_outside, "secret.gguf"))] }));
    }

    [Fact]
    public void A_root_that_is_a_link_means_what_it_points_to()
    {
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "link"), _root);
        var roots = new ModelRoots([Path.Combine(_folder.Path, "link")]);
        Assert.Equal(Path.Combine(_root, "a.gguf"), roots.Resolve(Spec(Path.Combine(_folder.Path, "link", "a.gguf"))).Spec.ModelPath);
    }

    [Fact]
    public void Without_a_setting_the_roots_are_the_folders_of_the_catalogue()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Mesh:Models", Path.Combine(_root, "a.gguf"))]).Build();
        var roots = ModelRoots.From(configuration, _folder.Path);
        roots.Resolve(Spec(Path.Combine(_root, "a.gguf")));
        Assert.Throws<ExpertRefusedException>(() => roots.Resolve(Spec(Path.Combine(_outside, "secret.gguf"))));
    }

    private static ExpertSpec Spec(string path) => new() { Id = ExpertId.Parse("x"), ModelPath = path };
}
