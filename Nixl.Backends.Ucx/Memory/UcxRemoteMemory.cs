using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Memory;

/// <summary>A range of a peer and its unpacked key, which belongs to the worker's pool: taken and given back under its lock.</summary>
internal sealed unsafe class UcxRemoteMemory(MemoryType type, MemoryDescriptor range, UcxConnection connection, void* key)
    : BackendRemoteMemory(type, range)
{
    /// <summary>The connection that the key was unpacked for; good for no other.</summary>
    internal UcxConnection Connection { get; } = connection;

    /// <summary>The <c>ucp_rkey_h</c>.</summary>
    internal void* Key { get; private set; } = key;

    /// <summary>The place in the table; the table's own field, -1 when it is in none.</summary>
    internal int Slot { get; set; } = -1;

    /// <summary>Gives the key back. Idempotent; under the worker's lock.</summary>
    internal void Free()
    {
        if (Key is not null)
        {
            Ucp.ucp_rkey_destroy(Key);
            Key = null;
        }
    }
}
