using System.Buffers;

namespace Nixl;

/// <summary>A part of a <see cref="NixlMemory"/> that is too large to be addressed by an <see cref="int"/> as a whole. Owns nothing.</summary>
internal sealed class NixlMemoryWindow(NixlMemory memory, long offset, int length) : MemoryManager<byte>
{
    /// <inheritdoc/>
    public override Span<byte> GetSpan() => memory.GetSpan(offset, length);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length, nameof(elementIndex));
        return memory.PinAt(offset + elementIndex);
    }

    /// <summary>Does nothing: a pin is given back to the memory itself.</summary>
    public override void Unpin()
    {
    }

    /// <summary>Does nothing: the window owns nothing.</summary>
    protected override void Dispose(bool disposing)
    {
    }
}
