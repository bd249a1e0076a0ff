namespace Nixl.Backends.Ucx.Connections;

/// <summary>Copies of a peer's bytes with zeros behind them.</summary>
/// <remarks>libucp reads addresses and keys without knowing their length. Where a private format has changed so that our check lets a cut one through, the walk
/// runs into zeros, which libucp refuses (an interface without bandwidth, a key of no bytes), instead of into somebody else's memory.</remarks>
internal static class PaddedBytes
{
    // 128 entries of the address format, of at most 19 bytes each plus a device, without names.
    private const int Padding = 4096;

    internal static byte[] Copy(ReadOnlySpan<byte> bytes)
    {
        var padded = new byte[bytes.Length + Padding];
        bytes.CopyTo(padded);
        return padded;
    }
}
