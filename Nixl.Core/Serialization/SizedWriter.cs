using System.Buffers;

namespace Nixl.Serialization;

/// <summary>Collects bytes whose number is known beforehand: they are written straight to where they stay. More than expected are possible, for a copy.</summary>
/// <param name="expected">How many bytes there will be.</param>
internal sealed class SizedWriter(int expected) : IBufferWriter<byte>
{
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(expected);
    private int _written;

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _written);
        _written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(_written);
    }

    /// <summary>What was written: the last call. The array that it was written to, where there are as many bytes as were expected.</summary>
    internal byte[] Finish()
    {
        Array.Resize(ref _buffer, _written); // does nothing to one of that length
        return _buffer;
    }

    private void Reserve(int size)
    {
        size = Math.Max(1, size);
        if (size > _buffer.Length - _written)
        {
            Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(2L * _buffer.Length, checked(_written + size))));
        }
    }
}
