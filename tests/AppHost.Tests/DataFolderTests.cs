using AppHost.Starting;

namespace AppHost.Tests;

public sealed class DataFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mesh-data-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void One_mesh_at_a_time_holds_a_folder()
    {
        var data = Path.Combine(_folder, "new", "data");
        using (DataFolder.Hold(data))
            Assert.Contains("another mesh", Assert.Throws<DistributedApplicationException>(() => DataFolder.Hold(data)).Message);
        DataFolder.Hold(data).Dispose();
    }

    [Fact]
    public void A_file_in_its_place_is_named()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.Contains("cannot be used", Assert.Throws<DistributedApplicationException>(() => DataFolder.Hold(file)).Message);
    }
}
