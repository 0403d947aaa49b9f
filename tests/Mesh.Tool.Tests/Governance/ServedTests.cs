namespace Mesh.Tool.Tests.Governance;

/// <summary>Tests of verbs that talk to a mesh; it is there with four members, and the command line knows where.</summary>
public abstract class ServedTests : IAsyncLifetime
{
    private protected GovernanceServer Server { get; private set; } = null!;

    private protected GovernedMesh Mesh => Server.Mesh;

    private protected CommandLine Cli { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await GovernanceServer.StartAsync();
        Cli = new(Server.Url, Mesh.Data);
    }

    public async Task DisposeAsync() => await Server.DisposeAsync();

    /// <returns>The hash of a new proposal of eve's that takes two approvals.</returns>
    private protected async Task<string> ProposeAsync(params string[] operation)
    {
        var ran = await Cli.RunAsync(["propose", .. operation.Length > 0 ? operation : ["ensemble", "--k", "3"], "--as", "eve", "--reason", "faster"]);
        Assert.True(ran.Code == 0, ran.Error);
        return ran.Line;
    }
}
