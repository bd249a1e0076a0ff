using Nixl.Agent;

namespace Nixl;

/// <summary>One side of future transfers, resolved once against every backend that can serve it: transfers are then made from indices.</summary>
/// <remarks>Immutable and thread-safe. It holds no native resource; Dispose only refuses further use.</remarks>
public sealed class PreparedDescriptors : IDisposable
{
    private int _disposed;

    internal PreparedDescriptors(
        NixlAgent agent, string agentName, MemoryType type, SideList descriptors, RemoteAgent? remote, Dictionary<BackendInstance, ResolvedSide> sides)
    {
        Agent = agent;
        AgentName = agentName;
        Type = type;
        Descriptors = descriptors;
        Remote = remote;
        Sides = sides;
    }

    /// <summary>Whose memory it is: empty for this agent's local side.</summary>
    public string AgentName { get; }

    /// <summary>The memory type of the descriptors.</summary>
    public MemoryType Type { get; }

    /// <summary>How many descriptors it has; indices run from 0.</summary>
    public int Count => Descriptors.Count;

    internal NixlAgent Agent { get; }

    internal SideList Descriptors { get; }

    /// <summary>The peer's incarnation that it was prepared for; null for this agent's own memory.</summary>
    internal RemoteAgent? Remote { get; }

    internal Dictionary<BackendInstance, ResolvedSide> Sides { get; }

    internal bool IsLocalSide => AgentName.Length == 0;

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Refuses further use; transfers made from it stay valid.</summary>
    public void Dispose() => Volatile.Write(ref _disposed, 1);
}
