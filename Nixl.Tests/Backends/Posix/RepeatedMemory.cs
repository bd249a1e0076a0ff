using Nixl.Backends.Posix.Interop;

namespace Nixl.Tests.Backends.Posix;

/// <summary>A large range of addresses that shows the same few pages again and again, so that it costs neither memory nor the time to fill it.</summary>
internal sealed unsafe class RepeatedMemory : IDisposable
{
    internal const int PartBytes = 2 << 20;

    // mman.h: what only this test needs.
    private const int PROT_NONE = 0;
    private const int MAP_PRIVATE_ANONYMOUS = 0x22;
    private const int MAP_FIXED = 0x10;

    private readonly byte* _start;
    private readonly nuint _length;

    internal RepeatedMemory(int parts, int seed)
    {
        _length = (nuint)parts * PartBytes;
        var path = $"/dev/shm/nixl-repeated-{Environment.ProcessId}";
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        new Random(seed).NextBytes(Part);
        RandomAccess.Write(file, Part, 0);
        _start = Map(null, _length, PROT_NONE, MAP_PRIVATE_ANONYMOUS, -1);
        for (var part = 0; part < parts; part++)
        {
            Map(_start + (long)part * PartBytes, PartBytes, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED | MAP_FIXED, (int)file.DangerousGetHandle());
        }
    }

    /// <summary>What every part holds.</summary>
    internal byte[] Part { get; } = new byte[PartBytes];

    /// <summary>A descriptor of a place in the range.</summary>
    internal MemoryDescriptor At(long offset, long length) => new((ulong)_start + (ulong)offset, (ulong)length);

    public void Dispose() => _ = Libc.munmap(_start, _length);

    private static byte* Map(byte* address, nuint length, int protection, int flags, int descriptor)
    {
        var mapped = Libc.mmap(address, length, protection, flags, descriptor, 0);
        return (nint)mapped != -1 ? (byte*)mapped : throw new IOException("mmap failed");
    }
}
