using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Handles;

/// <summary>Borrows a handle for the lifetime of one owner, so that the data path pays for no reference count.</summary>
internal readonly unsafe struct Lease : IDisposable
{
    private readonly SafeHandle _owner;

    internal Lease(SafeHandle owner)
    {
        var added = false;
        owner.DangerousAddRef(ref added);
        _owner = owner;
        Pointer = (void*)owner.DangerousGetHandle();
    }

    /// <summary>The native object, valid until <see cref="Dispose"/>.</summary>
    internal readonly void* Pointer;

    /// <summary>Ends the loan. Once.</summary>
    public void Dispose() => _owner.DangerousRelease();
}
