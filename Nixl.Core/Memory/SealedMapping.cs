using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Interop;

namespace Nixl;

/// <summary>Owns an anonymous file of fixed size and the one shared mapping of it; unmaps and closes when the last reference goes, or when it is finalized.</summary>
/// <remarks>The references are those of <see cref="SafeHandle"/>: one that is never given back keeps the memory mapped for ever, which is the safe side while
/// a device, the kernel or a native library may still write to it.</remarks>
internal sealed class SealedMapping : SafeHandle
{
    /// <summary>From this size up mappings start at a multiple of it: the huge page of x64, and of arm64 with 4 KiB pages.</summary>
    internal const long HugePageSize = 2L << 20;

    private SealedMapping(SafeFileHandle file, long length) : base(0, ownsHandle: true)
    {
        File = file;
        Length = length;
    }

    /// <summary>The anonymous file. Owned by the mapping, which keeps it open as long as it is mapped.</summary>
    internal SafeFileHandle File { get; }

    /// <summary>The mapped length in bytes, a multiple of the page size.</summary>
    internal long Length { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Creates the file, maps it, and fixes its size for good. No page is allocated yet.</summary>
    /// <param name="name">What the file is called in reports of the system.</param>
    /// <param name="length">Length in bytes.</param>
    /// <param name="isReadOnlyToOthers">Whether only this mapping can write.</param>
    /// <exception cref="NixlException">A call failed; nothing is left behind.</exception>
    internal static SealedMapping Create(string name, long length, bool isReadOnlyToOthers = false)
    {
        var mappedLength = RoundUp(length, Environment.SystemPageSize);
        var file = CreateFile(name, mappedLength);
        var mapping = new SealedMapping(file, mappedLength);
        try
        {
            Check(Unistd.ftruncate(file, mappedLength), "ftruncate", mappedLength);
            mapping.Map(); // before it is sealed: the seal against writing refuses every writable mapping that comes later
            var seals = Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW | Fcntl.F_SEAL_SEAL | (isReadOnlyToOthers ? Fcntl.F_SEAL_FUTURE_WRITE : 0);
            Check(Fcntl.fcntl(file, Fcntl.F_ADD_SEALS, seals), "fcntl(F_ADD_SEALS)", mappedLength);
        }
        catch
        {
            mapping.Dispose();
            file.Dispose();
            throw;
        }

        return mapping;
    }

    /// <summary>The smallest multiple of <paramref name="unit"/> (a power of two) that is not below <paramref name="value"/>.</summary>
    internal static long RoundUp(long value, long unit) => (value + unit - 1) & ~(unit - 1);

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        var result = Mman.munmap(handle, (nuint)Length);
        File.DangerousRelease();
        File.Dispose();
        return result == 0;
    }

    private static SafeFileHandle CreateFile(string name, long length)
    {
        // Where executable anonymous files are forbidden (vm.memfd_noexec = 2) the flag is required; kernels before 6.3 do not know it.
        var descriptor = Mman.memfd_create(name, Mman.MFD_CLOEXEC | Mman.MFD_NOEXEC_SEAL);
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == Errno.EINVAL)
        {
            descriptor = Mman.memfd_create(name, Mman.MFD_CLOEXEC | Mman.MFD_ALLOW_SEALING);
        }

        Check(descriptor, "memfd_create", length);
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private void Map()
    {
        SetHandle(Length < HugePageSize ? MapAnywhere() : MapAligned());

        // The finalizers of the two handles run in any order; the reference makes the file outlive the mapping in each.
        var added = false;
        File.DangerousAddRef(ref added);
    }

    private nint MapAnywhere()
    {
        var address = Mman.mmap(0, (nuint)Length, Mman.PROT_READ | Mman.PROT_WRITE, Mman.MAP_SHARED, File, 0);
        Check(address, "mmap", Length);
        return address;
    }

    // The kernel does not align a mapping of its own choice, and huge pages need address and file offset aligned alike. So more is reserved than is needed,
    // and the rest given back.
    private nint MapAligned()
    {
        var reservedLength = Length + HugePageSize;
        var reserved = Mman.mmap(0, (nuint)reservedLength, Mman.PROT_NONE, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_NORESERVE, -1, 0);
        Check(reserved, "mmap of the reservation", reservedLength);

        var aligned = (nint)RoundUp(reserved, HugePageSize);
        if (Mman.mmap(aligned, (nuint)Length, Mman.PROT_READ | Mman.PROT_WRITE, Mman.MAP_SHARED | Mman.MAP_FIXED, File, 0) == Mman.MAP_FAILED)
        {
            var errno = Marshal.GetLastPInvokeError();
            _ = Mman.munmap(reserved, (nuint)reservedLength);
            throw AllocationFailure.Native("mmap", errno, Length);
        }

        Trim(reserved, aligned);
        Trim((nint)(aligned + Length), (nint)(reserved + reservedLength));
        return aligned;
    }

    // A reservation that cannot be given back costs addresses and no memory; it is no reason to fail.
    private static void Trim(nint start, nint end)
    {
        if (end > start)
        {
            _ = Mman.munmap(start, (nuint)(end - start));
        }
    }

    private static void Check(nint result, string call, long length)
    {
        if (result == -1)
        {
            throw AllocationFailure.Native(call, Marshal.GetLastPInvokeError(), length);
        }
    }
}
