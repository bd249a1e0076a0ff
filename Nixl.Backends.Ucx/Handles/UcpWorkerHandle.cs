using System.Runtime.InteropServices;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Handles;

/// <summary>Owns a <c>ucp_worker_h</c>; destroying it ends every endpoint and every use of local memory.</summary>
internal sealed unsafe class UcpWorkerHandle : SafeHandle
{
    private readonly SafeHandle _context;

    /// <summary>Takes over <paramref name="worker"/>; <paramref name="context"/> outlives it.</summary>
    internal UcpWorkerHandle(void* worker, SafeHandle context) : base(0, ownsHandle: true)
    {
        var added = false;
        context.DangerousAddRef(ref added);
        _context = context;
        SetHandle((nint)worker);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Ucp.ucp_worker_destroy((void*)handle);
        _context.DangerousRelease();
        return true;
    }
}
