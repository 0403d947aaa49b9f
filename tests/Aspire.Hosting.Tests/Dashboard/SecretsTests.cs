using Aspire.Hosting.Dashboard;

namespace Aspire.Hosting.Tests.Dashboard;

public sealed class SecretsTests
{
    [Theory]
    [InlineData("OPENAI_API_KEY", "sk-1")]
    [InlineData("ConnectionStrings__state", "Data Source=x")]
    [InlineData("APP_API_TOKEN", "t")]
    [InlineData("db_password", "hunter2")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "x-otlp-api-key=1")]
    [InlineData("BROKER", "amqp://me:hunter2@host")]
    [InlineData("STORE", "Server=x;Password=hunter2")]
    public void Values_that_may_be_secret_are_masked(string name, string value) => Assert.Equal(Secrets.Mask, Secrets.Show(name, value));

    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:8080")]
    [InlineData("Mesh__Models", "/models;/more")]
    [InlineData("OTEL_SERVICE_NAME", "router")]
    public void Other_values_are_shown(string name, string value) => Assert.Equal(value, Secrets.Show(name, value));

    [Fact]
    public void Secret_flags_of_a_command_line_are_masked_in_both_forms()
    {
        var shown = Secrets.Show(["serve", "--api-key", "abc", "--token=abc", "--port", "80", "--name", "two words"]);
        Assert.Equal($"serve --api-key {Secrets.Mask} --token={Secrets.Mask} --port 80 --name \"two words\"", shown);
    }
}
