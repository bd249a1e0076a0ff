using System.Runtime.Intrinsics;

namespace Nixl.Backends.SharedMemory.Transfers;

/// <summary>Copies between this process's memory and a peer's that is mapped here.</summary>
/// <remarks>From 64 KiB on the runtime's copy is the C library's and as fast as any that fills the cache. Below, and most for the blocks of a KV cache, the way
/// into it costs a tenth to a fifth of the copy. Stores that pass by the cache are up to 1.4 times as fast into memory that is in none, and cost the receiver that
/// time when it reads; they are not used.</remarks>
internal static unsafe class MappedCopy
{
    private const ulong VectorBytesMin = 512;
    private const ulong VectorBytesMax = 16 << 10;

    /// <summary>Copies bytes; the ranges may overlap.</summary>
    internal static void Copy(ulong from, ulong to, ulong length)
    {
        if (length is < VectorBytesMin or > VectorBytesMax || !Vector256.IsHardwareAccelerated || to - from < length)
        {
            Buffer.MemoryCopy((void*)from, (void*)to, length, length);
            return;
        }

        var done = Vector512.IsHardwareAccelerated ? CopyBy512((byte*)from, (byte*)to, length) : CopyBy256((byte*)from, (byte*)to, length);
        Buffer.MemoryCopy((byte*)from + done, (byte*)to + done, length - done, length - done);
    }

    private static ulong CopyBy512(byte* from, byte* to, ulong length)
    {
        var done = 0ul;
        for (; length - done >= 256; done += 256)
        {
            var first = Vector512.Load(from + done);
            var second = Vector512.Load(from + done + 64);
            var third = Vector512.Load(from + done + 128);
            var fourth = Vector512.Load(from + done + 192);
            first.Store(to + done);
            second.Store(to + done + 64);
            third.Store(to + done + 128);
            fourth.Store(to + done + 192);
        }

        return done;
    }

    private static ulong CopyBy256(byte* from, byte* to, ulong length)
    {
        var done = 0ul;
        for (; length - done >= 128; done += 128)
        {
            var first = Vector256.Load(from + done);
            var second = Vector256.Load(from + done + 32);
            var third = Vector256.Load(from + done + 64);
            var fourth = Vector256.Load(from + done + 96);
            first.Store(to + done);
            second.Store(to + done + 32);
            third.Store(to + done + 64);
            fourth.Store(to + done + 96);
        }

        return done;
    }
}
