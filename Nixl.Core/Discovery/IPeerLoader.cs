using Nixl.Agent;

namespace Nixl.Discovery;

/// <summary>The agent's side of loading what discovery finds.</summary>
internal interface IPeerLoader
{
    /// <summary>Loads metadata that a store has under a name.</summary>
    /// <returns>The name.</returns>
    /// <exception cref="NixlException">It is damaged, belongs to another agent (Mismatch), or is refused.</exception>
    string LoadFromStore(ReadOnlyMemory<byte> blob, string expectedPeer, string voucher);

    /// <summary>Loads newer metadata of a peer from its own listener.</summary>
    /// <exception cref="NixlException">It is damaged, belongs to another agent or incarnation (Mismatch), or is refused.</exception>
    void Refresh(ReadOnlyMemory<byte> blob, RemoteAgent known);

    /// <summary>The incarnation that metadata states; null for upstream's, and for what is none.</summary>
    Guid? IncarnationOf(ReadOnlyMemory<byte> blob);

    /// <summary>A peer was dropped because it is gone.</summary>
    void OnPeerGone(RemoteAgent remote, string reason);
}
