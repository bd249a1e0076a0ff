using System.Runtime.InteropServices;
using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix.Handles;

/// <summary>Owns a context of Linux AIO. Releasing it waits for what is in flight.</summary>
internal sealed unsafe class AioContextHandle : SafeHandle
{
    private AioContextHandle(nuint context)
        : base(0, ownsHandle: true)
    {
        Context = context;
        SetHandle((nint)context);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The kernel's number for the context, which is also the address of its completion ring; valid until the handle is disposed.</summary>
    internal nuint Context { get; }

    /// <summary>Creates a context for <paramref name="events"/> operations; null with the error number.</summary>
    internal static AioContextHandle? Create(int events, out int error)
    {
        nuint context = 0;
        error = AioAbi.io_setup(Syscalls.io_setup, events, &context) < 0 ? Marshal.GetLastPInvokeError() : 0;
        return error == 0 ? new AioContextHandle(context) : null;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => AioAbi.io_destroy(Syscalls.io_destroy, (nuint)handle) == 0;
}
