namespace Mesh.Chorus.Leases;

/// <summary>Whether this node has seen a quorum of the mesh lately.</summary>
public enum LeaseState
{
    /// <summary>The node is not governed: nobody gives leases.</summary>
    None,
    Held,
    /// <summary>No quorum has cosigned the newest head within the lease time: the node changes nothing.</summary>
    Lost,
}
