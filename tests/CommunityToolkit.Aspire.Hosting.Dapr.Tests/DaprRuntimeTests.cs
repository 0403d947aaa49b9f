using Aspire.Hosting;
using Microsoft.Extensions.Configuration;

namespace CommunityToolkit.Aspire.Hosting.Dapr.Tests;

public sealed class DaprRuntimeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mesh-dapr-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Embedded_can_be_forced_where_daprd_is_found()
    {
        Install("daprd", "placement", "scheduler");
        Assert.Null(Find(("DAPRD", _folder), ("Mesh:Sidecar", "embedded")).Folder);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void DAPRD_names_the_program_or_its_folder(bool program)
    {
        Install("daprd", "placement", "scheduler");
        Assert.Equal(_folder, Find(("DAPRD", program ? Path.Combine(_folder, "daprd") : _folder)).Folder);
    }

    [SkippableFact]
    public void A_forced_daprd_that_is_absent_is_an_error_that_says_where_was_looked()
    {
        Skip();
        var fault = Assert.Throws<DistributedApplicationException>(() => Find(("DAPRD", _folder), ("Mesh:Sidecar", "daprd"), ("HOME", _folder)));
        Assert.Contains(_folder, fault.Message);

        // Where real Dapr is installed for this user it is found instead: nothing to see then.
        static void Skip()
        {
            var home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dapr", "bin", "daprd");
            Xunit.Skip.If(File.Exists(home), "Dapr is installed for this user.");
        }
    }

    [Fact]
    public void Anything_else_is_refused_by_name() =>
        Assert.Contains("Mesh__Sidecar", Assert.Throws<DistributedApplicationException>(() => Find(("Mesh:Sidecar", "kubernetes"))).Message);

    private void Install(params string[] names)
    {
        foreach (var name in names)
            File.WriteAllText(Path.Combine(_folder, OperatingSystem.IsWindows() ? name + ".exe" : name), "");
    }

    private static DaprRuntime Find(params (string Key, string Value)[] settings) =>
        DaprRuntime.Find(new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => (string?)s.Value)).Build(), chosen: null);
}
