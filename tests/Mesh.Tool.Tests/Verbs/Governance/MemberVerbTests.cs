using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Ledger.Signing;
using Mesh.Tool.Tests.Governance;

namespace Mesh.Tool.Tests.Verbs.Governance;

public sealed class MemberVerbTests : ServedTests
{
    [Fact]
    public async Task Members_are_listed_with_their_roles()
    {
        var ran = await Cli.RunAsync("member", "list");
        Assert.Contains("admin, approver", ran.Output);
        Assert.Contains(Mesh.Key("sam").Verifier.Text, ran.Output);
        Assert.Equal(4, System.Text.Json.JsonElement.Parse((await Cli.RunAsync("member", "list", "--json")).Output).GetArrayLength());
    }

    [Fact]
    public async Task Members_are_added_given_roles_and_revoked_by_proposal()
    {
        var vkey = (await Cli.RunAsync("keys", "new", "dan", "--out", Path.Combine(Mesh.Data, "dan.key"))).Line;
        var added = await ProposedAsync<AddMember>("add", "dan", "--key", vkey, "--role", "approver,oncall");
        Assert.Equal(new Member("dan", vkey, [Role.Approver, Role.Oncall]), added.Member);
        Assert.Equal([Role.Approver, Role.Oncall, Role.Admin], (await ProposedAsync<SetRoles>("role", "bob", "--role", "approver,oncall", "--role", "admin")).Roles);
        Assert.Equal("sam", (await ProposedAsync<RevokeMember>("revoke", "sam")).Name);
        Assert.Equal(ExitCode.Usage, (await Cli.RunAsync("member", "role", "bob", "--role", "king", "--as", "ada", "--reason", "x")).Code);
    }

    /// <summary>A program that proposes: its key is made where it runs, and the role deployer alone gives it no vote and no halt.</summary>
    [Fact]
    public async Task An_agent_is_a_member_who_deploys_and_nothing_else()
    {
        var vkey = (await Cli.RunAsync("keys", "new", "agent", "--out", Path.Combine(Mesh.Data, "agent.key"))).Line;
        Assert.Equal(new Member("agent", vkey, [Role.Deployer]), (await ProposedAsync<AddMember>("add", "agent", "--key", vkey, "--role", "deployer")).Member);
    }

    [Fact]
    public async Task A_rotation_makes_the_new_key_first_and_makes_it_once()
    {
        var rotated = await ProposedAsync<RotateKey>("rotate", "bob");
        var path = Path.Combine(Mesh.Data, "governance", "members", "bob.key.next");
        using (var key = SigningKey.Load(path))
            Assert.Equal(key.Verifier.Text, rotated.Key);
        Assert.Equal(rotated.Key, (await ProposedAsync<RotateKey>("rotate", "bob")).Key);
        using var elsewhere = SigningKey.Create("bob");
        Assert.Equal(elsewhere.Verifier.Text, (await ProposedAsync<RotateKey>("rotate", "bob", "--key", elsewhere.Verifier.Text)).Key);
        var file = Path.Combine(Mesh.Data, "new.key");
        var dry = await Cli.RunAsync("member", "rotate", "bob", "--new-key", file, "--dry-run");
        Assert.True(dry.Code == 0, dry.Error);
        Assert.Contains("members.bob.key", dry.Output);
        Assert.False(File.Exists(file));
    }

    /// <summary>Who acts: the one named, the one whose key is named, or the only one there.</summary>
    [Fact]
    public async Task Keys_are_found_where_they_are_said_to_be()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Mesh.Data, "mine")).FullName;
        Cli.Variables["MESH_KEYS"] = folder;
        Assert.Contains("mesh keys new", (await FailsAsync(ExitCode.Usage)).Error);
        File.Copy(Path.Combine(Mesh.Data, "governance", "members", "ada.key"), Path.Combine(folder, "ada.key"));
        Assert.Equal(0, (await Cli.RunAsync("member", "revoke", "sam", "--reason", "x")).Code);
        File.Copy(Path.Combine(Mesh.Data, "governance", "members", "bob.key"), Path.Combine(folder, "bob.key"));
        Assert.Contains("ada, bob", (await FailsAsync(ExitCode.Usage)).Error);
        Assert.Contains("it takes the role admin", (await FailsAsync(ExitCode.Refused, "--as", "bob")).Error);
        Assert.Equal(0, (await Cli.RunAsync("member", "revoke", "sam", "--reason", "y", "--key-file", Path.Combine(folder, "ada.key"))).Code);
        Assert.Contains("not named with --as", (await FailsAsync(ExitCode.Usage, "--as", "bob", "--key-file", Path.Combine(folder, "ada.key"))).Error);
        await FailsAsync(ExitCode.Usage, "--as", "../members/ada");
        await FailsAsync(ExitCode.Usage, "--as", "eve");
        if (OperatingSystem.IsWindows())
            return;
        File.SetUnixFileMode(Path.Combine(folder, "ada.key"), UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Contains("0600", (await FailsAsync(ExitCode.Usage, "--as", "ada")).Error);
    }

    private async Task<Ran> FailsAsync(int code, params string[] more)
    {
        var ran = await Cli.RunAsync(["member", "revoke", "sam", "--reason", "x", .. more]);
        Assert.Equal((code, ""), (ran.Code, ran.Output));
        return ran;
    }

    private async Task<T> ProposedAsync<T>(params string[] arguments)
    {
        var ran = await Cli.RunAsync(["member", .. arguments, "--as", "ada", "--reason", "x"]);
        Assert.True(ran.Code == 0, ran.Error);
        return Assert.IsType<T>((object)Mesh.State.Proposals[ran.Line].Act.Operation);
    }
}
