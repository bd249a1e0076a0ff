using System.Runtime.InteropServices;

namespace Nixl.Backends.SharedMemory.Handles;

/// <summary>Borrows a descriptor for as long as it is used, so that it is not closed, and its number given to another file, meanwhile.</summary>
internal readonly struct Lease : IDisposable
{
    private readonly SafeHandle _owner;

    /// <exception cref="ObjectDisposedException">The owner has closed it.</exception>
    internal Lease(SafeHandle owner)
    {
        var added = false;
        owner.DangerousAddRef(ref added);
        _owner = owner;
        Descriptor = (int)owner.DangerousGetHandle();
    }

    internal int Descriptor { get; }

    /// <inheritdoc/>
    public void Dispose() => _owner.DangerousRelease();
}
