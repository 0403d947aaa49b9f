using Mesh.Governance.Http.Nodes;
using Mesh.Testing;

namespace Mesh.Governance.Http.Tests.Nodes;

public sealed class NodeFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_key_is_made_once_for_its_owner_alone()
    {
        string key;
        using (var files = Open())
            key = files.Key.Verifier.Text;
        using (var files = Open())
            Assert.Equal(key, files.Key.Verifier.Text);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder.Path, "node.key")));
        // People remove the key of a witness that lost its memory; the new one has signed nothing.
        File.WriteAllText(Path.Combine(_folder.Path, "witness.json"), "torn");
        File.Delete(Path.Combine(_folder.Path, "node.key"));
        using var anew = Open();
        Assert.NotEqual(key, anew.Key.Verifier.Text);
        Assert.Empty(anew.Witness.Read());
    }

    [Fact]
    public void A_crash_while_the_key_was_made_leaves_no_half()
    {
        _folder.Write("node.key.new", "PRIVATE+KEY+n");
        using var files = Open();
        Assert.Empty(files.Witness.Read());
    }

    [Fact]
    public void Two_processes_are_not_one_node()
    {
        using var files = Open();
        Assert.Throws<IOException>(() => Open());
    }

    [Fact]
    public void The_clock_goes_on_above_all_that_it_gave()
    {
        long last;
        using (var files = Open())
            last = files.Lamport.Tick();
        using (var files = Open())
            Assert.True(files.Lamport.Tick() > last);
        _folder.Write("lamport", "x");
        Assert.Throws<InvalidDataException>(() => Open());
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a+b")]
    [InlineData("")]
    public void A_name_that_is_no_name_is_refused(string name) => Assert.Throws<InvalidDataException>(() => new NodeFiles(_folder.Path, name));

    private NodeFiles Open() => new(_folder.Path, "node-1");
}
