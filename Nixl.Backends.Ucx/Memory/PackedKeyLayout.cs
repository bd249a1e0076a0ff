using System.Buffers.Binary;
using System.Numerics;

namespace Nixl.Backends.Ucx.Memory;

/// <summary>Checks that a packed remote key is complete: libucp walks it without knowing its length.</summary>
/// <remarks>
/// <para>Layout: 64-bit map of memory domains, one byte of memory type, and for each bit one length byte and so many bytes. A key of 1.20 or later that has
/// domains goes on with one byte, the device that the memory belongs to; where that is known, with three bytes for each device whose distance is told, ended by
/// a byte 0xff. libucp expects this tail by the release in the peer's address, not by the key's length, and walks it until the end mark.</para>
/// <para>Checked: every length, the end mark, the end, that the memory type fits. Not checked: the keys themselves, which only the transports understand; a
/// forged one lets this process attach to foreign shared memory or address any memory of the peer.</para>
/// </remarks>
internal static class PackedKeyLayout
{
    // The first release that writes the tail, and the newest whose tail is known to end where it is said to.
    private const int TailSince = 20;
    private const int TailKnownUntil = 22;

    private const byte UnknownDevice = 0xff;
    private const byte FlushFlag = 0x80;
    private const int DistanceBytes = 3;

    private const int HeadBytes = sizeof(ulong) + 1;
    private const byte Host = 0;

    // CUDA, CUDA-managed, ROCm, ROCm-managed and, later, RDMA and ZE: an index into arrays of libucp.
    private const byte DeviceTypeMax = 4;

    /// <summary>Whether <paramref name="key"/> is complete and names memory of <paramref name="type"/>.</summary>
    /// <param name="key">What the peer sent.</param>
    /// <param name="type">What the peer says that it is the key of.</param>
    /// <param name="peerMinor">The minor version of the peer's libucp as its address names it, null when it names none.</param>
    internal static bool IsComplete(ReadOnlySpan<byte> key, MemoryType type, int? peerMinor)
    {
        if (key.Length < HeadBytes || !TypeFits(key[sizeof(ulong)], type))
        {
            return false;
        }

        var rest = key[HeadBytes..];
        var domains = BitOperations.PopCount(BinaryPrimitives.ReadUInt64LittleEndian(key));
        for (var domain = 0; domain < domains; domain++)
        {
            if (rest.IsEmpty || rest[0] >= rest.Length)
            {
                return false;
            }

            rest = rest[(rest[0] + 1)..];
        }

        return peerMinor >= TailSince && domains > 0 ? IsTail(rest, mayGoOn: peerMinor > TailKnownUntil) : rest.IsEmpty;
    }

    private static bool IsTail(ReadOnlySpan<byte> rest, bool mayGoOn)
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        var device = rest[0];
        rest = rest[1..];
        if (device == UnknownDevice)
        {
            return rest.IsEmpty || mayGoOn;
        }

        // The flag turns 0x7f, which no release writes, into the unknown device, after which libucp walks nothing; it is refused all the same.
        while ((device | FlushFlag) != UnknownDevice && !rest.IsEmpty)
        {
            if (rest[0] == UnknownDevice)
            {
                return rest.Length == 1 || mayGoOn;
            }

            rest = rest[Math.Min(DistanceBytes, rest.Length)..];
        }

        return false;
    }

    private static bool TypeFits(byte native, MemoryType type)
        => type == MemoryType.Dram ? native == Host : native is > Host and <= DeviceTypeMax;
}
