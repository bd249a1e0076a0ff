using Microsoft.Win32.SafeHandles;

namespace Nixl.Backends.Posix.Handles;

/// <summary>Borrows a descriptor for the lifetime of one owner, so that the data path pays for no reference count.</summary>
internal readonly struct DescriptorLease : IDisposable
{
    private readonly SafeFileHandle _owner;

    internal DescriptorLease(SafeFileHandle owner)
    {
        var added = false;
        owner.DangerousAddRef(ref added);
        _owner = owner;
        Descriptor = (int)owner.DangerousGetHandle();
    }

    /// <summary>The descriptor, valid until <see cref="Dispose"/>.</summary>
    internal readonly int Descriptor;

    /// <summary>Ends the loan. Once.</summary>
    public void Dispose() => _owner.DangerousRelease();
}
