using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Memory;

/// <summary>A registered local range.</summary>
/// <remarks>It has no handle object of its own: of ten thousand of them each would wait for the finalizer. <see cref="UcxMemorySlots"/> holds them all. The packed
/// key is the agent's as soon as it is made; libucp packs the same one again when it is asked to.</remarks>
/// <param name="region">What was registered.</param>
/// <param name="mapped">A <c>ucp_mem_h</c>, taken over.</param>
internal sealed unsafe class UcxMemory(in MemoryRegion region, void* mapped) : BackendMemory(region)
{
    /// <summary>The <c>ucp_mem_h</c>, valid until <see cref="Free"/>.</summary>
    internal void* Pointer { get; } = mapped;

    /// <summary>The place in the table; the table's own field.</summary>
    internal int Slot { get; set; }

    /// <summary>Gives the registration back. Once; the context serialises map and unmap itself, so any thread may do it.</summary>
    internal void Free(void* context) => _ = Ucp.ucp_mem_unmap(context, Pointer);
}
