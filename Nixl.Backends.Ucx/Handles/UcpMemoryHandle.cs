using System.Runtime.InteropServices;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Handles;

/// <summary>Owns a <c>ucp_mem_h</c>. The context serialises map and unmap itself, so any thread may release it.</summary>
internal sealed unsafe class UcpMemoryHandle : SafeHandle
{
    private readonly Lease _context;

    /// <summary>Takes over <paramref name="memory"/>; <paramref name="context"/> outlives it.</summary>
    internal UcpMemoryHandle(void* memory, SafeHandle context) : base(0, ownsHandle: true)
    {
        _context = new Lease(context);
        SetHandle((nint)memory);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        var status = Ucp.ucp_mem_unmap(_context.Pointer, (void*)handle);
        _context.Dispose();
        return status == ucs_status_t.UCS_OK;
    }
}
