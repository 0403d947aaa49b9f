using Mesh.Contracts.Security;

namespace Mesh.Contracts.Tests.Security;

public sealed class ApiKeyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mesh-keys-").FullName;

    private ApiKeyFile Keys => new(Path.Combine(_folder, "deep", "keys"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_key_is_told_once_and_only_its_hash_is_kept()
    {
        var key = Keys.Add("ann");
        Assert.Equal([new ApiKey("ann", ApiKeyFile.HashOf(key))], Keys.List());
        Assert.DoesNotContain(key, File.ReadAllText(Keys.FilePath));
        Assert.NotEqual(key, Keys.Add("bob"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Keys.FilePath));
        Assert.Equal(["keys"], Directory.GetFiles(Path.GetDirectoryName(Keys.FilePath)!).Select(Path.GetFileName));
    }

    [Fact]
    public void A_revoked_key_is_gone_and_the_rest_of_the_file_stays()
    {
        Keys.Add("ann");
        File.AppendAllText(Keys.FilePath, "# by hand\n");
        Keys.Add("bob");
        Assert.True(Keys.Revoke("ann"));
        Assert.False(Keys.Revoke("ann"));
        Assert.Equal("bob", Assert.Single(Keys.List()).Name);
        Assert.Contains("# by hand", File.ReadAllLines(Keys.FilePath));
    }

    [Theory, InlineData(""), InlineData("two words"), InlineData("# no"), InlineData("ann")]
    public void A_bad_or_taken_name_is_refused(string name)
    {
        Keys.Add("ann");
        Assert.Throws<ArgumentException>(() => Keys.Add(name));
        Assert.Single(Keys.List());
    }

    [Fact]
    public void A_malformed_file_is_left_as_it_is()
    {
        Keys.Add("ann");
        File.AppendAllText(Keys.FilePath, "rubbish\n");
        var before = File.ReadAllText(Keys.FilePath);
        Assert.Contains("line 2", Assert.Throws<InvalidDataException>(() => Keys.Add("bob")).Message);
        Assert.Throws<InvalidDataException>(() => Keys.Revoke("ann"));
        Assert.Equal(before, File.ReadAllText(Keys.FilePath));
    }

    [Fact]
    public async Task Keys_that_are_made_at_the_same_time_are_all_kept()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(async () =>
        {
            for (var tries = 0; tries < 1000; tries++)
                try
                {
                    Keys.Add($"key-{n}");
                    return;
                }
                catch (IOException)
                {
                    await Task.Delay(1);
                }
        })));
        Assert.Equal(8, Keys.List().Count);
    }
}
