using System.Buffers;

namespace Nixl.Backends.S3.Memory;

/// <summary>Registered memory as <see cref="Memory{T}"/>, for the asynchronous reads of a socket. One per part in flight, moved from read to read; the memory
/// is not owned, and neither moves nor goes away while the part is in flight.</summary>
internal sealed unsafe class NativeWindow : MemoryManager<byte>
{
    private byte* _address;
    private int _length;

    /// <summary>Looks at other memory from now on. No earlier view may be in use.</summary>
    internal Memory<byte> Move(Span<byte> memory)
    {
        _address = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetReference(memory));
        _length = memory.Length;
        return CreateMemory(_length);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new(_address, _length);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_address + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
