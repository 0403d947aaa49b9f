namespace Aspire.Hosting.Tests;

public sealed class ResourceNameTests
{
    [Theory]
    [InlineData("router")]
    [InlineData("worker-1")]
    [InlineData("A")]
    public void Good_names_are_taken(string name) => Assert.Equal(name, Builder().AddExecutable(name, "sh", ".").Resource.Name);

    [Theory]
    [InlineData("")]
    [InlineData("1worker")]
    [InlineData("worker_1")]
    [InlineData("worker--1")]
    [InlineData("worker-")]
    [InlineData("ä")]
    public void Bad_names_are_refused(string name) => Assert.Throws<ArgumentException>(() => Builder().AddExecutable(name, "sh", "."));

    [Fact]
    public void More_than_64_characters_are_refused() => Assert.Throws<ArgumentException>(() => Builder().AddExecutable(new string('a', 65), "sh", "."));

    [Fact]
    public void A_name_is_taken_once_whatever_its_case()
    {
        var builder = Builder();
        builder.AddExecutable("router", "sh", ".");
        Assert.Contains("Router", Assert.Throws<DistributedApplicationException>(() => builder.AddExecutable("Router", "sh", ".")).Message);
    }

    [Fact]
    public void Two_endpoints_of_one_name_are_refused() =>
        Assert.Throws<DistributedApplicationException>(() => Builder().AddExecutable("router", "sh", ".").WithHttpEndpoint().WithHttpEndpoint());

    private static IDistributedApplicationBuilder Builder() => DistributedApplication.CreateBuilder([]);
}
