using Governance.Workflows.Nodes;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.Http.Nodes;
using Mesh.Governance.Members;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Signing;

namespace Governance.Workflows.Genesis;

/// <summary>A throw-away mesh for one machine: three people and an agent, whose keys lie in the data folder, and a policy of seconds and of half the sessions instead of days and a hundredth.</summary>
internal sealed partial class DevelopmentGenesis(MeshNodes nodes, TimeProvider time, ILogger<DevelopmentGenesis> log)
{
    private const string Mesh = "dev";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static readonly (string Name, Role[] Roles)[] People =
    [
        ("ada", [Role.Approver, Role.Deployer, Role.Admin]),
        ("ben", [Role.Approver, Role.Oncall]),
        ("cleo", [Role.Approver, Role.Oncall]),
        // The self-prompt agent proposes, and never votes or halts.
        ("agent", [Role.Deployer]),
    ];

    private static readonly TierPolicy Policy = new()
    {
        MajorReviewSeconds = 5,
        CanaryShare = 0.5,
        CanarySessions = 6,
        CanarySeconds = 120,
        PhaseThresholds = [2, 3, 4],
        GovernedRegistration = false,
    };

    /// <exception cref="InvalidDataException">A node has a genesis already: a second one would part the mesh.</exception>
    public async Task<GenesisDocument> MakeAsync(string folder, string members, CancellationToken cancellationToken)
    {
        LogMaking(nodes.Named.Count, string.Join(", ", nodes.Named));
        var known = await Task.WhenAll(nodes.Named.Select(name => AskAsync(name, cancellationToken)));
        if (known.FirstOrDefault(n => n.Mesh is not null) is { } governed)
            throw new InvalidDataException($"The node '{governed.Name}' is governed in '{governed.Mesh}' already, and the genesis of it is not in {folder}. Put it back with its log.key, or remove the nodes' folders for a new mesh.");
        using var key = KeyOf(Path.Combine(folder, "log.key"), GenesisDocument.OriginOf(Mesh));
        var genesis = new GenesisDocument(Mesh, key.Verifier.Text, new()
        {
            Mesh = Mesh,
            Version = 1,
            Policy = Policy,
            Members = [.. People.Select(p => Member(p.Name, p.Roles, members))],
            Nodes = [.. known.OrderBy(n => n.Name, StringComparer.Ordinal).Select(n => new MeshNode(n.Name, n.Key, n.Kind))],
        });
        LogMade(Mesh, string.Join(", ", People.Select(p => p.Name)), members);
        return genesis;
    }

    private async Task<NodeStatus> AskAsync(string name, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await nodes.StatusAsync(name, cancellationToken) is { } status && status.Name == name)
                return status;
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private static Member Member(string name, Role[] roles, string folder)
    {
        using var key = KeyOf(Path.Combine(folder, name + ".key"), name);
        return new(name, key.Verifier.Text, roles);
    }

    /// <summary>A start that was killed half-way left keys behind: they are used.</summary>
    private static SigningKey KeyOf(string path, string name)
    {
        if (File.Exists(path))
            return SigningKey.Load(path);
        var key = SigningKey.Create(name);
        key.Save(path);
        return key;
    }

    [LoggerMessage(LogLevel.Information, "There is no genesis yet: one is made for development as soon as {Count} nodes have named their keys ({Nodes}).")]
    private partial void LogMaking(int count, string nodes);

    [LoggerMessage(LogLevel.Information, "The mesh '{Mesh}' is made for development: the private keys of its members {Members} lie in {Folder}. For a mesh of other people run 'mesh init'.")]
    private partial void LogMade(string mesh, string members, string folder);
}
