using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;

namespace Mesh.Governance.Operations;

/// <summary>Operations on people and nodes. A change that nobody could ever take back is refused.</summary>
internal static class MemberChanges
{
    /// <summary>The member whom an operation is about; null: it is about none, or adds one.</summary>
    public static string? SubjectOf(Operation operation) => operation switch
    {
        RevokeMember(var name) => name,
        SetRoles(var name, _) => name,
        RotateKey(var name, _) => name,
        _ => null,
    };

    /// <summary>A key that an operation gives to a member, with the member's name.</summary>
    public static (string Name, string Key)? KeyOf(Operation operation) => operation switch
    {
        AddMember(var member) => (member.Name, member.Key),
        RotateKey(var name, var key) => (name, key),
        _ => null,
    };

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
        var gaps = Governability.Gaps(after.Members);
        Change.Require(gaps.Count == 0, string.Join(' ', gaps));
        return after;
    }
}
