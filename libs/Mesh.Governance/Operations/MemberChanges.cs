using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Tiers;

namespace Mesh.Governance.Operations;

/// <summary>Operations on people and nodes. A change that nobody could ever take back is refused.</summary>
internal static class MemberChanges
{
    public static MeshConfiguration Apply(Operation operation, MeshConfiguration before)
    {
        switch (operation)
        {
            case AddMember(var member):
                return before with { Members = [.. before.Members, member] };
            case RevokeMember(var name):
                Known(before, name);
                return Governable(before with { Members = [.. before.Members.Where(m => m.Name != name)] });
            case SetRoles(var name, var roles):
                return Governable(Changed(before, Known(before, name) with { Roles = roles }));
            case RotateKey(var name, var key):
                return Changed(before, Known(before, name) with { Key = key });
            case AdmitNode(var node):
                return before with { Nodes = [.. before.Nodes, node] };
            case RemoveNode(var name):
                Change.Require(before.Nodes.Any(n => n.Name == name), $"'{name}' is no node of this mesh.");
                Change.Require(before.Nodes.Count > 1, "The last node cannot be removed: without a witness nothing is committed.");
                return before with { Nodes = [.. before.Nodes.Where(n => n.Name != name)] };
            default:
                throw new ArgumentException($"{operation.GetType().Name} is no operation on members or nodes.", nameof(operation));
        }
    }

    private static Member Known(MeshConfiguration configuration, string name) =>
        configuration.Find(name) ?? throw new ActRefusedException(ActCode.Invalid, $"'{name}' is no member of this mesh.");

    private static MeshConfiguration Changed(MeshConfiguration before, Member member) =>
        before with { Members = [.. before.Members.Select(m => m.Name == member.Name ? member : m)] };

    private static MeshConfiguration Governable(MeshConfiguration after)
    {
        Change.Require(after.Members.Any(a => a.Has(Role.Admin) && after.Members.Any(m => Approvals.MayVote(m, a.Name))),
            "An admin and an approver beside them have to be left, or nobody could ever change members again.");
        Change.Require(after.Members.Count(HaltRules.MayResume) > HaltRules.Resumers,
            $"{HaltRules.Resumers + 1} members with the role approver, oncall or admin have to be left, or a halt could never end.");
        return after;
    }
}
