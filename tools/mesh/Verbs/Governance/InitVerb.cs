using System.CommandLine;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.Members;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Signing;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Verbs.Governance;

/// <summary><c>mesh init</c>: the trust root of a mesh and the key of its log.</summary>
internal static class InitVerb
{
    private const string Example = """
        mesh init --mesh lab --out genesis \
          --member ada=ada+1a2b3c4d+AQ...:admin,approver --member bob=bob+...:approver,oncall --member eve=eve+...:approver,deployer \
          --node http://10.0.0.3:8090 --node router-1=router-1+...:router@http://10.0.0.1:8080 --node worker-1=worker-1+...:worker@http://10.0.0.2:8090 --node governance-1=governance-1+...:governance
        """;

    public static Command Create(Terminal terminal)
    {
        var name = new Option<string>("--mesh") { Description = "The mesh's name.", Required = true };
        var members = new Option<string[]>("--member") { Description = $"A member: their name, verifier key (`mesh keys new`) and roles ({Roles.All}).", Required = true, HelpName = "name=vkey:role,role" };
        var nodes = new Option<string[]>("--node") { Description = "A node: its name, verifier key (it says it when it starts, and at /chorus/node), kind (router, worker, governance) and address; or the address alone of one that runs, which is asked for the rest.", Required = true, HelpName = "name=vkey:kind[@url]|url" };
        var policy = new Option<string?>("--policy") { Description = "JSON with the fields of the policy that differ from the default." };
        var output = new Option<string>("--out") { Description = "The folder for genesis.json, which every node gets, and log.key, which only governance gets.", Required = true };
        var command = new Verb("init", "Makes the genesis of a mesh: its first people, nodes and rules, and its ledger's key.", Example) { name, members, nodes, policy, output };
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            var configuration = new MeshConfiguration
            {
                Mesh = arguments.GetValue(name)!,
                Version = 1,
                Members = [.. arguments.GetValue(members)!.Select(Member)],
                Nodes = await RunningNodes.ReadAsync(terminal, arguments.GetValue(nodes)!, Node, cancellationToken),
                Policy = arguments.GetValue(policy) is { } file ? ProposePolicy.Read(file, new TierPolicy()) : new(),
            };
            string[] faults = [.. ConfigurationCheck.Faults(configuration), .. Gaps(configuration)];
            if (faults.Length > 0)
                throw ToolException.Usage(string.Join('\n', faults));
            var folder = Path.GetFullPath(arguments.GetValue(output)!);
            var (genesis, logKey) = (Path.Combine(folder, "genesis.json"), Path.Combine(folder, "log.key"));
            if (File.Exists(genesis))
                throw ToolException.Usage($"{genesis} is there already. Another genesis is another mesh.");
            using var log = SigningKey.Create(GenesisDocument.OriginOf(configuration.Mesh));
            Keyring.Save(log, logKey);
            GenesisFile.Write(genesis, new(configuration.Mesh, log.Verifier.Text, configuration));
            terminal.Print(log.Verifier.Text);
            terminal.Say($"The genesis is {genesis}: every node gets it as governance/genesis.json in its data folder. {logKey} signs the ledger: governance alone gets it, beside its genesis.");
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>What would leave the mesh with nobody who could change or resume it.</summary>
    private static IEnumerable<string> Gaps(MeshConfiguration configuration)
    {
        if (configuration.Nodes.Count == 0)
            yield return "A mesh has a node: without a witness nothing is committed.";
        foreach (var proposer in configuration.Members.Where(m => m.Has(Role.Deployer)))
            if (configuration.Members.Count(m => Approvals.MayVote(m, proposer.Name)) is var voters && voters < configuration.Policy.MinorApprovals)
                yield return $"What '{proposer.Name}' proposes takes {configuration.Policy.MinorApprovals} approvers beside them, and there are {voters}.";
        foreach (var gap in Governability.Gaps(configuration.Members))
            yield return gap;
    }

    private static Member Member(string text) => Split(text) is var (name, key, rest) && Roles.TryParse(rest, out var roles)
        ? new(name, key, roles) : throw ToolException.Usage($"'{text}' is no member: write name=vkey:role,role with roles of {Roles.All}.");

    private static MeshNode Node(string text)
    {
        var (name, key, rest) = Split(text) ?? default;
        var parts = rest?.Split('@', 2) ?? [""];
        return name is not null && key is not null && char.IsAsciiLetter(parts[0].FirstOrDefault()) && Enum.TryParse<NodeKind>(parts[0], ignoreCase: true, out var kind)
            ? new(name, key, kind, parts.ElementAtOrDefault(1)) : throw ToolException.Usage($"'{text}' is no node: write name=vkey:kind or name=vkey:kind@url with a kind of router, worker, governance.");
    }

    /// <summary>Base64 has '=' and no ':', names have neither, so the first '=' ends the name and the first ':' after it the key.</summary>
    private static (string Name, string Key, string End)? Split(string text)
    {
        var equals = text.IndexOf('=');
        var colon = equals < 0 ? -1 : text.IndexOf(':', equals);
        return colon < 0 ? null : (text[..equals], text[(equals + 1)..colon], text[(colon + 1)..]);
    }
}
