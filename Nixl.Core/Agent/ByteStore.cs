namespace Nixl.Agent;

/// <summary>Keeps many short runs of bytes, such as packed keys, in a few arrays: an array for each would be as much work for the collector as what they belong
/// to.</summary>
/// <param name="expected">How many runs there will be.</param>
internal struct ByteStore(int expected)
{
    private const int ChunkBytesMax = 16 * 1024; // an array of that size is an ordinary object

    private byte[] _chunk = [];
    private int _used;
    private int _left = expected;

    /// <summary>A copy of <paramref name="bytes"/>.</summary>
    internal ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _chunk.Length - _used)
        {
            var wanted = Math.Min((long)bytes.Length * Math.Max(1, _left), ChunkBytesMax);
            _chunk = new byte[Math.Max(bytes.Length, wanted)];
            _used = 0;
        }

        var kept = _chunk.AsMemory(_used, bytes.Length);
        bytes.CopyTo(kept.Span);
        _used += bytes.Length;
        _left--;
        return kept;
    }
}
