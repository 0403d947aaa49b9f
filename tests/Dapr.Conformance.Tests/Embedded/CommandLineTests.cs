using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Sidecar.Components;
using Dapr.Sidecar.Hosting;

namespace Dapr.Conformance.Tests.Embedded;

public sealed class CommandLineTests
{
    private static SidecarOptions Parse(params string[] args) => SidecarOptions.Parse(args, _ => { });

    [Fact]
    public void Flags_before_the_first_separator_hold_for_every_app()
    {
        var options = Parse("--max-body-size", "16Mi", "--state-dir", "s", "--resources-path", "r", "--", "--app-id", "a", "--app-port", "1", "--dapr-http-port=2", "--dapr-grpc-port", "3",
            "--", "--app-id", "b", "--max-body-size", "1Ki", "--dapr-http-port", "4", "--dapr-grpc-port", "5");
        Assert.Equal(
            [new() { AppId = "a", AppPort = 1, HttpPort = 2, GrpcPort = 3, MaxBodySize = 16 << 20 }, new() { AppId = "b", HttpPort = 4, GrpcPort = 5, MaxBodySize = 1024 }], options.Apps);
        Assert.Equal(("s", "r"), (options.StateDirectory, options.ResourcesPaths.Single()));
    }

    [Fact]
    public void One_app_needs_no_separator() => Assert.Equal("a", Parse("--app-id", "a").Apps.Single().AppId);

    [Fact]
    public void Flags_of_daprd_without_a_meaning_here_are_told()
    {
        var told = new List<string>();
        SidecarOptions.Parse(["--app-id", "a", "--enable-metrics=false", "--log-level", "warn", "--dapr-listen-addresses", "127.0.0.1"], told.Add);
        Assert.Equal(2, told.Count);
    }

    [Theory]
    [InlineData("Every app needs an --app-id.")]
    [InlineData("The flag --frob is unknown", "--app-id", "a", "--frob", "1")]
    [InlineData("listens on loopback only", "--app-id", "a", "--dapr-listen-addresses", "0.0.0.0")]
    [InlineData("listens on loopback only", "--app-id", "a", "--dapr-listen-addresses", "127.0.0.1,10.0.0.1")]
    [InlineData("must be 1 to 65535", "--app-id", "a", "--app-port", "70000")]
    [InlineData("must be 1 to 65535", "--app-id", "a", "--dapr-http-port", "x")]
    [InlineData("--max-body-size is 'big'", "--app-id", "a", "--max-body-size", "big")]
    [InlineData("'loose' is no flag", "loose")]
    public void What_is_wrong_is_said(string message, params string[] args) => Assert.Contains(message, Assert.Throws<FormatException>(() => Parse(args)).Message);

    [Fact]
    public void A_port_given_twice_is_refused() =>
        Assert.Contains("Port 7 is given twice", Assert.Throws<FormatException>(() => new AppRegistry(Parse("--", "--app-id", "a", "--dapr-http-port", "7", "--", "--app-id", "b", "--dapr-http-port", "7"))).Message);

    [Fact]
    public void Components_that_are_lacking_are_refused_all_at_once()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["a.yaml"], "kind: Component\nmetadata: {name: cache}\nspec: {type: state.redis, version: v1}\n---\nkind: Component\nmetadata: {name: bus}\nspec: {type: pubsub.kafka, version: v1}\n");
        File.WriteAllText(folder["b.yaml"], "kind: Component\nmetadata: [\n");
        File.WriteAllText(folder["c.txt"], "no component");
        var fault = Assert.Throws<FormatException>(() => ComponentFiles.Read([folder.Path, folder["missing"]])).Message;
        Assert.Contains("'cache' is of type 'state.redis', which the embedded sidecar lacks", fault);
        Assert.Contains("'bus' is of type 'pubsub.kafka'", fault);
        Assert.Contains("b.yaml' is no component file", fault);
        Assert.Contains("does not exist", fault);
    }

    [Fact]
    public void Components_are_read_with_metadata_and_scopes()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["a.yaml"], "kind: Component\nmetadata:\n  name: store\nspec:\n  type: state.sqlite\n  version: v1\n  metadata:\n  - name: connectionString\n    value: \"x.db\"\nscopes:\n- a\n- b\n");
        var component = Assert.Single(ComponentFiles.Read([folder.Path]));
        Assert.Equal(("store", "state.sqlite", "x.db"), (component.Name, component.Type, component.Metadata["connectionString"]));
        Assert.True(component.IsFor("a"));
        Assert.False(component.IsFor("c"));
    }

    [Fact]
    public async Task The_program_shows_help_and_ends_with_an_error_when_it_cannot_start()
    {
        Assert.Equal((0, true), await RunAsync("--app-id", "--help"));
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        using var folder = new TempFolder();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        Assert.Equal((1, true), await RunAsync($"{port}", "--app-id", "a", "--state-dir", folder["s"], "--dapr-http-port", $"{port}", "--dapr-grpc-port", $"{Ports.Take(1)[0]}"));
        Assert.Equal((1, true), await RunAsync("unknown", "--app-id", "a", "--frob"));
    }

    [Fact]
    public async Task A_second_sidecar_on_the_same_state_folder_is_refused()
    {
        using var folder = new TempFolder();
        var ports = Ports.Take(4);
        string[] Arguments(int at) => ["--app-id", "a", "--state-dir", folder["s"], "--dapr-http-port", $"{ports[at]}", "--dapr-grpc-port", $"{ports[at + 1]}"];
        await using (var first = new Child("dotnet", [Path.Combine(AppContext.BaseDirectory, "Dapr.Sidecar.dll"), .. Arguments(0)], folder["log"]))
        {
            await first.WaitForAsync($"http://127.0.0.1:{ports[0]}/v1.0/healthz/outbound", TimeSpan.FromSeconds(60));
            Assert.Equal((1, true), await RunAsync($"The state folder '{folder["s"]}' is in use by another embedded sidecar", Arguments(2)));
        }
        await using var next = new Child("dotnet", [Path.Combine(AppContext.BaseDirectory, "Dapr.Sidecar.dll"), .. Arguments(2)], folder["log"]);
        await next.WaitForAsync($"http://127.0.0.1:{ports[2]}/v1.0/healthz/outbound", TimeSpan.FromSeconds(60));
    }

    /// <returns>The exit code, and whether the output holds <paramref name="said"/>.</returns>
    private static async Task<(int, bool)> RunAsync(string said, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Dapr.Sidecar.dll"), .. args]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(Deadline.Soon);
        return (process.ExitCode, (await output + await error).Contains(said, StringComparison.Ordinal));
    }
}
