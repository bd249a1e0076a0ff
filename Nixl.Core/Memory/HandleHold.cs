using System.Runtime.InteropServices;

namespace Nixl;

/// <summary>A reference to a handle: what it names stays open until this is disposed, also when the handle's user disposes it before.</summary>
internal sealed class HandleHold : IDisposable
{
    private readonly SafeHandle _handle;

    /// <exception cref="ObjectDisposedException">The handle is closed.</exception>
    internal HandleHold(SafeHandle handle)
    {
        var isAdded = false;
        handle.DangerousAddRef(ref isAdded);
        _handle = handle;
        Value = handle.DangerousGetHandle();
    }

    /// <summary>The handle's value, valid until this is disposed.</summary>
    internal nint Value { get; }

    public void Dispose() => _handle.DangerousRelease();
}
