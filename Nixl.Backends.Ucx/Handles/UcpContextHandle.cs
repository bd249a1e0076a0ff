using System.Runtime.InteropServices;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Handles;

/// <summary>Owns a <c>ucp_context_h</c>. Workers and memory handles hold it, so it goes last.</summary>
internal sealed unsafe class UcpContextHandle : SafeHandle
{
    /// <summary>Takes over <paramref name="context"/>.</summary>
    internal UcpContextHandle(void* context) : base(0, ownsHandle: true) => SetHandle((nint)context);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Ucp.ucp_cleanup((void*)handle);
        return true;
    }
}
