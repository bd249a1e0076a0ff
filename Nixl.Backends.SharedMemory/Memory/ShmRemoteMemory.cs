using Nixl.Backends.SharedMemory.Connections;

namespace Nixl.Backends.SharedMemory.Memory;

/// <summary>A range that a peer exposes, or one of this agent's own.</summary>
internal sealed unsafe class ShmRemoteMemory : BackendRemoteMemory
{
    internal ShmRemoteMemory(MemoryType type, MemoryDescriptor range, ShmConnection connection, PublicDataLayout data, PeerObject? peerObject)
        : base(type, range)
    {
        Connection = connection;
        Data = data;
        Object = peerObject;
    }

    /// <summary>A range of this agent itself.</summary>
    internal ShmRemoteMemory(MemoryType type, MemoryDescriptor range)
        : base(type, range)
    {
    }

    /// <summary>Where it is; null for this agent's own memory.</summary>
    internal ShmConnection? Connection { get; }

    internal PublicDataLayout Data { get; }

    /// <summary>The memory object that it lies in, if there is one.</summary>
    internal PeerObject? Object { get; }

    /// <summary>Whether the mapping is still on its way.</summary>
    internal bool IsUndecided => Object is { State: PeerObjectState.Wanted or PeerObjectState.Requested or PeerObjectState.Populating };

    /// <summary>What to add to one of the peer's addresses to get the address here; false when the range is not mapped.</summary>
    internal bool TryGetShift(out ulong shift)
    {
        if (Connection is null)
        {
            shift = 0;
            return true;
        }

        var start = Object is null ? null : Object.Base;
        shift = unchecked((ulong)start + Data.Offset - Range.Address);
        return start is not null;
    }
}
