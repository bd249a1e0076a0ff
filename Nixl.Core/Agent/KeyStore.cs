using System.Buffers;

namespace Nixl.Agent;

/// <summary>Keeps many short runs of bytes, such as packed keys, in a few arrays: an array for each would be as much work for the collector as what they belong
/// to. Engines write into it.</summary>
/// <remarks>Of one thread. What it has kept stays as it is.</remarks>
internal sealed class KeyStore : IBufferWriter<byte>
{
    // Large enough for some keys of registrations one by one, small enough for one key that stays to hold.
    private const int ChunkBytesMin = 512;
    private const int ChunkBytesMax = 16 * 1024; // an array of that size is an ordinary object

    private byte[] _chunk = [];
    private int _start;
    private int _used;
    private int _expected;
    private int _last;

    /// <summary>Says how many runs will come, so that they get an array that is large enough.</summary>
    internal void Expect(int runs) => _expected = runs;

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _chunk.Length - _used);
        _used += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _chunk.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _chunk.AsSpan(_used);
    }

    /// <summary>What was written since the last call.</summary>
    internal ReadOnlyMemory<byte> Take()
    {
        var taken = new ReadOnlyMemory<byte>(_chunk, _start, _used - _start);
        _last = taken.Length;
        _start = _used;
        _expected--;
        return taken;
    }

    /// <summary>A copy of <paramref name="bytes"/>.</summary>
    internal ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Advance(bytes.Length);
        return Take();
    }

    /// <summary>Forgets what was written since the last <see cref="Take"/>.</summary>
    internal void Discard() => _used = _start;

    private void Reserve(int bytes)
    {
        if (_chunk.Length - _used >= Math.Max(bytes, 1))
        {
            return;
        }

        var begun = _chunk.AsSpan(_start, _used - _start);
        var needed = checked(begun.Length + Math.Max(bytes, 1));
        var wanted = Math.Clamp((long)Math.Max(needed, _last) * Math.Max(1, _expected), ChunkBytesMin, ChunkBytesMax);
        var larger = GC.AllocateUninitializedArray<byte>((int)Math.Max(needed, wanted)); // only what was written is handed out
        begun.CopyTo(larger);
        (_chunk, _used, _start) = (larger, begun.Length, 0);
    }
}
