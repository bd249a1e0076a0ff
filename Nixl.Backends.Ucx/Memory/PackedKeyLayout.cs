using System.Buffers.Binary;
using System.Numerics;

namespace Nixl.Backends.Ucx.Memory;

/// <summary>Checks that a packed remote key is complete: libucp walks it without knowing its length.</summary>
/// <remarks>Layout: 64-bit map of memory domains, one byte of memory type, and for each bit one length byte and so many bytes. Releases since 1.19 may append
/// topology. Checked: every length, the end, that the memory type fits. Not checked: the keys themselves, which only the transports understand; a forged one lets
/// this process attach to foreign shared memory or address any memory of the peer.</remarks>
internal static class PackedKeyLayout
{
    /// <summary>From this release on a packed key may carry topology behind its keys, and the formats on both sides of it do not mix.</summary>
    internal static readonly Version TailSince = new(1, 19);

    private const int HeadBytes = sizeof(ulong) + 1;
    private const byte Host = 0;

    // CUDA, CUDA-managed, ROCm, ROCm-managed and, later, RDMA and ZE: an index into arrays of libucp.
    private const byte DeviceTypeMax = 4;

    /// <summary>Whether <paramref name="key"/> is complete and names memory of <paramref name="type"/>.</summary>
    internal static bool IsComplete(ReadOnlySpan<byte> key, MemoryType type, bool mayHaveTail)
    {
        if (key.Length < HeadBytes || !TypeFits(key[sizeof(ulong)], type))
        {
            return false;
        }

        var rest = key[HeadBytes..];
        for (var domains = BitOperations.PopCount(BinaryPrimitives.ReadUInt64LittleEndian(key)); domains > 0; domains--)
        {
            if (rest.IsEmpty || rest[0] >= rest.Length)
            {
                return false;
            }

            rest = rest[(rest[0] + 1)..];
        }

        return rest.IsEmpty || mayHaveTail;
    }

    private static bool TypeFits(byte native, MemoryType type)
        => type == MemoryType.Dram ? native == Host : native is > Host and <= DeviceTypeMax;
}
