using System.Runtime.InteropServices;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Handles;

/// <summary>Owns a range of addresses and what is mapped into it; unmapped when disposed or finalized.</summary>
/// <remarks>Left out of core dumps and of child processes: what belongs to a peer is no part of this process's state.</remarks>
internal sealed unsafe class MappedMemory : SafeHandle
{
    // From this size on a mapping begins at a multiple of it, as the agent's own memory does: huge pages need address and offset aligned alike.
    private const nuint HugePageBytes = 2u << 20;

    private nuint _length;

    /// <summary>An empty one, as SafeHandle requires it; nothing is mapped.</summary>
    public MappedMemory() : base(0, ownsHandle: true)
    {
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Where the range begins; valid until it is disposed.</summary>
    internal byte* Address => (byte*)handle;

    /// <summary>Maps the whole of a file.</summary>
    /// <returns>Null with errno when a call fails.</returns>
    internal static MappedMemory? Map(SafeHandle file, nuint length, bool writable, out int errno)
    {
        var memory = Reserve(length, out errno);
        return memory is not null && memory.TryPlace(file, 0, length, 0, writable, out errno) ? memory.Finish() : Fail(memory);
    }

    /// <summary>Maps a head followed by data, and the data once more behind itself, so that what wraps around its end is contiguous all the same.</summary>
    /// <param name="file">A file of exactly <paramref name="head"/> plus <paramref name="data"/> bytes.</param>
    /// <param name="head">Bytes of the head, a multiple of the page size.</param>
    /// <param name="data">Bytes of the data, a multiple of the page size.</param>
    /// <param name="errno">Why it failed.</param>
    internal static MappedMemory? MapRing(SafeHandle file, nuint head, nuint data, out int errno)
    {
        var memory = Reserve(head + (2 * data), out errno);
        return memory is not null
            && memory.TryPlace(file, 0, head + data, 0, writable: true, out errno)
            && memory.TryPlace(file, head + data, data, (long)head, writable: true, out errno)
            ? memory.Finish()
            : Fail(memory);
    }

    /// <summary>Enters pages that exist into this process's page tables, so that the first touch of each costs no fault. A kernel without the advice is left alone.</summary>
    internal void Populate(nuint offset, nuint length)
        => _ = Libc.madvise((nint)((nuint)handle + offset), length, LibcConstants.MADV_POPULATE_READ);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.munmap(handle, _length) == 0;

    private static MappedMemory? Reserve(nuint length, out int errno)
    {
        var slack = length >= HugePageBytes ? HugePageBytes : 0;
        var reserved = Libc.mmap(
            0, length + slack, LibcConstants.PROT_NONE, LibcConstants.MAP_PRIVATE | LibcConstants.MAP_ANONYMOUS | LibcConstants.MAP_NORESERVE, -1, 0);
        if (reserved == -1)
        {
            errno = Marshal.GetLastPInvokeError();
            return null;
        }

        errno = 0;
        var start = slack == 0 ? (nuint)reserved : ((nuint)reserved + slack - 1) & ~(slack - 1);
        Trim((nuint)reserved, start);
        Trim(start + length, (nuint)reserved + length + slack);
        var memory = new MappedMemory { _length = length };
        memory.SetHandle((nint)start);
        return memory;
    }

    // Addresses that cannot be given back cost no memory.
    private static void Trim(nuint start, nuint end)
    {
        if (end > start)
        {
            _ = Libc.munmap((nint)start, end - start);
        }
    }

    private static MappedMemory? Fail(MappedMemory? memory)
    {
        memory?.Dispose();
        return null;
    }

    private bool TryPlace(SafeHandle file, nuint offset, nuint length, long fileOffset, bool writable, out int errno)
    {
        using var descriptor = new Lease(file);
        var protection = writable ? LibcConstants.PROT_READ | LibcConstants.PROT_WRITE : LibcConstants.PROT_READ;
        var placed = Libc.mmap(
            (nint)((nuint)handle + offset), length, protection, LibcConstants.MAP_SHARED | LibcConstants.MAP_FIXED, descriptor.Descriptor, fileOffset);
        errno = placed == -1 ? Marshal.GetLastPInvokeError() : 0;
        return placed != -1;
    }

    private MappedMemory Finish()
    {
        _ = Libc.madvise(handle, _length, LibcConstants.MADV_DONTDUMP);
        _ = Libc.madvise(handle, _length, LibcConstants.MADV_DONTFORK);
        return this;
    }
}
