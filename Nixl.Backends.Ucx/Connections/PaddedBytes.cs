namespace Nixl.Backends.Ucx.Connections;

/// <summary>Copies of a peer's bytes with zeros behind them, one at a time in one buffer.</summary>
/// <remarks>libucp reads addresses and keys without knowing their length. Where a private format has changed so that our check lets a cut one through, the walk
/// runs into zeros, which libucp refuses (an interface without bandwidth, a key of no bytes), or into the byte that ends the distances behind a key, instead
/// of into somebody else's memory.</remarks>
internal sealed class PaddedBytes
{
    // 128 entries of the address format, of at most 19 bytes each plus a device, without names.
    private const int Padding = 4096;

    // Distances are of three bytes: one of three in a row stands where a walk looks for the end.
    private const int EndMarks = 3;
    private const byte EndMark = 0xff;

    private byte[] _buffer = [];
    private int _filled;

    /// <summary>Copies <paramref name="bytes"/> in place of the bytes before.</summary>
    /// <returns>The buffer, good until the next call.</returns>
    internal byte[] Fill(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length < bytes.Length + Padding)
        {
            _buffer = new byte[bytes.Length + Padding];
            _buffer.AsSpan(^EndMarks..).Fill(EndMark);
        }
        else if (_filled > bytes.Length)
        {
            _buffer.AsSpan(bytes.Length.._filled).Clear();
        }

        bytes.CopyTo(_buffer);
        _filled = bytes.Length;
        return _buffer;
    }
}
