using Mesh.Contracts.Catalog;

namespace Mesh.Contracts.Tests.Catalog;

public sealed class ModelCatalogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mesh-catalog-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_lists_its_models_in_order()
    {
        Touch("b.gguf");
        Touch("a.gguf");
        Touch("readme.md");
        Assert.Equal(["a", "b"], Names(_folder));
    }

    [Fact]
    public void Files_and_folders_can_be_mixed_and_equal_names_are_numbered()
    {
        var file = Touch("a.gguf");
        Assert.Equal(["a", "a-2", "a-3"], Names($"{file}; {_folder};{file}"));
    }

    [Fact]
    public void A_relative_path_starts_at_the_base_directory()
    {
        var file = Touch("a.gguf");
        Assert.Equal(file, Assert.Single(ModelCatalog.Read("a.gguf", _folder)).ModelPath);
    }

    [Fact]
    public void A_catalogue_file_says_threads_and_adapters()
    {
        var path = Path.Combine(_folder, "catalogue.json");
        File.WriteAllText(path, """
            { "experts": [ { "name": "one", "path": "m.gguf", "threads": 2, "adapters": [ { "path": "x.gguf", "scale": 0.5 } ] },
                           { "path": "m.gguf", "contextLength": 256 } ] }
            """);
        var specs = ModelCatalog.Read(path, _folder);
        Assert.Equal(["one", "m"], specs.Select(s => s.Id.Value));
        Assert.Equal(2, specs[0].Threads);
        Assert.Equal(0.5f, Assert.Single(specs[0].Adapters).Scale);
        Assert.Equal(Path.Combine(_folder, "x.gguf"), specs[0].Adapters[0].Path);
        Assert.Equal(256, specs[1].ContextLength);
    }

    [Theory]
    [InlineData("""{ "experts": [ { "name": "../x", "path": "m.gguf" } ] }""")]
    [InlineData("""{ "experts": [ { "path": "m.gguf", "thread": 2 } ] }""")]
    [InlineData("""{ "experts": [ { "path": "" } ] }""")]
    [InlineData("""{ "experts": [] }""")]
    [InlineData("""not json""")]
    public void A_malformed_catalogue_is_refused_by_name(string json)
    {
        var path = Path.Combine(_folder, "catalogue.json");
        File.WriteAllText(path, json);
        Assert.Contains(path, Assert.Throws<CatalogException>(() => ModelCatalog.Read(path, _folder)).Message);
    }

    [Fact]
    public void All_faults_are_named_at_once()
    {
        var message = Assert.Throws<CatalogException>(() => ModelCatalog.Read("no-such.gguf;nor-this", _folder)).Message;
        Assert.Contains("no-such.gguf", message);
        Assert.Contains("nor-this", message);
    }

    [Fact]
    public void A_missing_model_among_others_is_left_to_its_worker_to_refuse()
    {
        var file = Touch("a.gguf");
        Assert.Equal(["a", "gone"], Names($"gone.gguf;{file}"));
    }

    private IEnumerable<string> Names(string models) => ModelCatalog.Read(models, _folder).Select(s => s.Id.Value);

    private string Touch(string name)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, []);
        return path;
    }
}
