using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Memory;

/// <summary>A registered local range and the packed key that lets peers address it.</summary>
/// <remarks>It has no handle object of its own: of ten thousand of them each would wait for the finalizer. <see cref="UcxMemoryTable"/> owns them all.</remarks>
internal sealed unsafe class UcxMemory : BackendMemory
{
    private readonly int _keyBytes;
    private void* _key;

    /// <summary>Takes over <paramref name="mapped"/>, a <c>ucp_mem_h</c>, and the buffer that <c>ucp_rkey_pack</c> made.</summary>
    internal UcxMemory(MemoryRegion region, void* mapped, void* key, int keyBytes) : base(region)
    {
        Pointer = mapped;
        _key = key;
        _keyBytes = keyBytes;
    }

    /// <summary>The <c>ucp_mem_h</c>, valid until <see cref="Free"/>.</summary>
    internal void* Pointer { get; }

    /// <summary>NIXL's public data: exactly what <c>ucp_rkey_pack</c> wrote. Valid until <see cref="Free"/>.</summary>
    internal ReadOnlySpan<byte> PackedKey => new(_key, _key is null ? 0 : _keyBytes);

    /// <summary>The place in the table; the table's own field.</summary>
    internal int Slot { get; set; }

    /// <summary>Gives key and registration back. Once; the context serialises map and unmap itself, so any thread may do it.</summary>
    internal void Free(void* context)
    {
        Ucp.ucp_rkey_buffer_release(_key);
        _key = null;
        _ = Ucp.ucp_mem_unmap(context, Pointer);
    }
}
