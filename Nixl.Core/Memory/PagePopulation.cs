using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Interop;

namespace Nixl;

/// <summary>Takes the pages of a new mapping. Until it returns, nobody else may use the mapping.</summary>
internal static unsafe class PagePopulation
{
    /// <summary>Allocates every page of the mapping and maps it writable.</summary>
    /// <exception cref="NixlException">The kernel has no memory for it.</exception>
    internal static void Populate(nint address, long length, SafeFileHandle file)
    {
        var errno = TryPopulate(address, length);
        if (errno == Errno.EINVAL)
        {
            PopulateByAllocation(address, length, file);
        }
        else if (errno != 0)
        {
            throw AllocationFailure.Native("madvise(MADV_POPULATE_WRITE)", errno, length);
        }
    }

    /// <summary>Populates a range in one call.</summary>
    /// <returns>0 or errno; EINVAL where the kernel, before 5.14, cannot do it.</returns>
    internal static int TryPopulate(nint address, long length)
    {
        while (Mman.madvise(address, (nuint)length, Mman.MADV_POPULATE_WRITE) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EINTR)
            {
                return errno;
            }
        }

        return 0;
    }

    /// <summary>The way of older kernels: allocates the pages in the file, where a shortage is an error, and then touches each, which can no longer fail.</summary>
    /// <exception cref="NixlException">The kernel has no memory for it.</exception>
    internal static void PopulateByAllocation(nint address, long length, SafeFileHandle file)
    {
        while (Fcntl.fallocate(file, 0, 0, length) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EINTR)
            {
                throw AllocationFailure.Native("fallocate", errno, length);
            }
        }

        for (long offset = 0; offset < length; offset += Environment.SystemPageSize)
        {
            Volatile.Write(ref *((byte*)address + offset), 0);
        }
    }
}
