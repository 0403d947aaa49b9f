using Mesh.Chorus.Files;
using Mesh.Testing;

namespace Mesh.Chorus.Tests.Files;

public sealed class DurableFileTests
{
    [Fact]
    public void It_replaces_the_file_whole_and_for_its_owner_alone()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "deep", "state.json");
        DurableFile.Write(path, "long text"u8);
        File.WriteAllText(path + ".new", "what a crash left, longer than what follows");
        DurableFile.Write(path, "new"u8);
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_folder_that_is_not_there_cannot_be_flushed()
    {
        if (!OperatingSystem.IsWindows())
            Assert.Throws<IOException>(() => DurableFile.FlushFolder(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("n"))));
    }
}
