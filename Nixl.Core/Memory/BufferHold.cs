using System.Runtime.InteropServices;

namespace Nixl;

/// <summary>A pointer acquired from a <see cref="SafeBuffer"/>: its memory stays mapped until this is disposed, also when the buffer is disposed before.</summary>
internal sealed unsafe class BufferHold : IDisposable
{
    private readonly SafeBuffer _buffer;

    /// <exception cref="ObjectDisposedException">The buffer is closed.</exception>
    internal BufferHold(SafeBuffer buffer)
    {
        byte* pointer = null;
        buffer.AcquirePointer(ref pointer);
        _buffer = buffer;
        Address = (ulong)pointer;
    }

    /// <summary>Where the buffer's memory begins, valid until this is disposed.</summary>
    internal ulong Address { get; }

    public void Dispose() => _buffer.ReleasePointer();
}
