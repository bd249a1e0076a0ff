using System.Runtime.InteropServices;
using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix.Handles;

/// <summary>Owns one mapping of a ring's memory.</summary>
internal sealed unsafe class RingMapping : SafeHandle
{
    private readonly nuint _length;

    private RingMapping(void* address, nuint length)
        : base(0, ownsHandle: true)
    {
        _length = length;
        Address = (byte*)address;
        SetHandle((nint)address);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The first byte, valid until the handle is disposed.</summary>
    internal byte* Address { get; }

    /// <summary>Maps a part of a ring's descriptor; null with the error number.</summary>
    internal static RingMapping? Map(int descriptor, nuint length, long offset, out int error)
    {
        var address = Libc.mmap(null, length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED | Libc.MAP_POPULATE, descriptor, offset);
        error = (nint)address == -1 ? Marshal.GetLastPInvokeError() : 0;
        return error == 0 ? new RingMapping(address, length) : null;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.munmap((void*)handle, _length) == 0;
}
