using System.Buffers;

namespace Nixl.Serialization;

/// <summary>Collects bytes in pooled memory until their number is known: what is written last is an array of just that size.</summary>
/// <param name="capacity">How many bytes to expect.</param>
internal sealed class PooledWriter(int capacity) : IBufferWriter<byte>, IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, capacity));
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

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    /// <summary>A copy of what was written.</summary>
    internal byte[] ToArray()
    {
        var bytes = GC.AllocateUninitializedArray<byte>(_written);
        _buffer.AsSpan(0, _written).CopyTo(bytes);
        return bytes;
    }

    private void Reserve(int size)
    {
        size = Math.Max(1, size);
        if (size <= _buffer.Length - _written)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Array.MaxLength, Math.Max(2L * _buffer.Length, checked(_written + size))));
        _buffer.AsSpan(0, _written).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
