using Nixl.Backends.Ucx.Handles;

namespace Nixl.Backends.Ucx.Memory;

/// <summary>A registered local range and the packed key that lets peers address it.</summary>
internal sealed unsafe class UcxMemory : BackendMemory
{
    private readonly UcpMemoryHandle _handle;
    private readonly Lease _memory;

    /// <summary>Takes over <paramref name="handle"/>.</summary>
    internal UcxMemory(MemoryRegion region, UcpMemoryHandle handle, byte[] packedKey) : base(region)
    {
        _handle = handle;
        _memory = new Lease(handle);
        PackedKey = packedKey;
    }

    /// <summary>The <c>ucp_mem_h</c>, valid until <see cref="Free"/>.</summary>
    internal void* Pointer => _memory.Pointer;

    /// <summary>NIXL's public data: exactly what <c>ucp_rkey_pack</c> wrote.</summary>
    internal byte[] PackedKey { get; }

    /// <summary>Gives the registration back. Once.</summary>
    internal void Free()
    {
        _memory.Dispose();
        _handle.Dispose();
    }
}
