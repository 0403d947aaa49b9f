using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Signing;

namespace Mesh.Governance.Tests;

/// <summary>A mesh of seven people, three of whom approve, and their keys.</summary>
internal static class People
{
    public const string Mesh = "test";

    public static readonly SigningKey Ada = Key("ada"), Ben = Key("ben"), Cam = Key("cam"), Dan = Key("dan"), Eve = Key("eve"), Fay = Key("fay"), Gil = Key("gil"), Log = Key($"mesh/{Mesh}");

    public static MeshConfiguration Configuration { get; } = new()
    {
        Mesh = Mesh,
        Version = 1,
        Policy = new TierPolicy { MajorReviewSeconds = 3600, CanaryShare = 0.1, PhaseThresholds = [2, 4, 6] },
        Members =
        [
            Of(Ada, Role.Approver, Role.Admin), Of(Ben, Role.Approver, Role.Deployer), Of(Cam, Role.Approver, Role.Oncall), Of(Dan, Role.Deployer),
            Of(Eve, Role.Signer), Of(Fay, Role.Oncall), Of(Gil),
        ],
        Nodes = [Node("router-1", NodeKind.Router), Node("worker-1", NodeKind.Worker), Node("governance", NodeKind.Governance)],
    };

    public static Member Of(SigningKey key, params Role[] roles) => new(key.Name, key.Verifier.Text, roles);

    public static MeshNode Node(string name, NodeKind kind) => new(name, Key(name).Verifier.As(KeyKind.Cosignature).Text, kind);

    public static SigningKey Key(string name, int generation = 0) =>
        SigningKey.FromSeed(name, System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{name}/{generation}")));
}
