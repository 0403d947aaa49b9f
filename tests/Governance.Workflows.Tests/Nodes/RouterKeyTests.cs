using Governance.Workflows.Hosting;
using Governance.Workflows.Nodes;
using Mesh.Contracts.Security;
using Mesh.Governance.Http.Hosting;
using Mesh.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Tests.Nodes;

public sealed class RouterKeyTests : IDisposable
{
    private readonly TemporaryFolder _data = new();

    private string Keys => Path.Combine(_data.Path, "api-keys");

    public void Dispose() => _data.Dispose();

    [Fact]
    public void The_key_of_its_file_is_sent_and_another_one_from_then_on()
    {
        var file = Path.Combine(_data.Path, "own");
        var key = Of(file);
        Assert.Null(key.Header);
        File.WriteAllText(file, "sk-mesh-one\n");
        Assert.Equal("Bearer sk-mesh-one", key.Header!.ToString());
        File.WriteAllText(file, "sk-mesh-two");
        Assert.Equal("Bearer sk-mesh-two", key.Header!.ToString());
    }

    [Theory]
    [InlineData(""), InlineData("two\nlines"), InlineData("two words")]
    public void What_is_no_key_is_not_sent(string text)
    {
        var file = Path.Combine(_data.Path, "own");
        File.WriteAllText(file, text);
        Assert.Null(Of(file).Header);
    }

    [Fact]
    public void In_development_it_makes_its_own_once_and_anew_when_it_was_revoked()
    {
        var (keys, people) = (new ApiKeyFile(Keys), new ApiKeyFile(Keys).Add("ann"));
        var first = Of("", development: true).Header!.Parameter!;
        Assert.Equal(first, Of("", development: true).Header!.Parameter);
        Assert.Equal([("ann", ApiKeyFile.HashOf(people)), (RouterKey.Name, ApiKeyFile.HashOf(first))], keys.List().Select(k => (k.Name, k.Hash)));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_data.Path, "governance", "api-key")));
        keys.Revoke(RouterKey.Name);
        var second = Of("", development: true).Header!.Parameter!;
        Assert.NotEqual(first, second);
        Assert.Equal(ApiKeyFile.HashOf(second), keys.List().Single(k => k.Name == RouterKey.Name).Hash);
    }

    [Fact]
    public void Elsewhere_nobody_changes_the_file_of_keys()
    {
        new ApiKeyFile(Keys).Add("ann");
        Assert.Null(Of("").Header);
        Assert.Single(new ApiKeyFile(Keys).List());
    }

    private RouterKey Of(string file, bool development = false) => new(
        Options.Create(new ServiceOptions { ApiKeyFile = file }), Options.Create(new GovernanceOptions { Development = development }),
        new ConfigurationBuilder().AddInMemoryCollection([new("Mesh:Data", _data.Path), new("Mesh:ApiKeysFile", Keys)]).Build(), NullLogger<RouterKey>.Instance);
}
