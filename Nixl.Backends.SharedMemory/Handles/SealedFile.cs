using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Handles;

/// <summary>Anonymous files of fixed size: made for peers, and checked when a peer sends one.</summary>
internal static unsafe class SealedFile
{
    /// <summary>The seals without which a mapping could be cut off under its reader, which would be a fatal signal.</summary>
    internal const int SizeSeals = LibcConstants.F_SEAL_SHRINK | LibcConstants.F_SEAL_GROW | LibcConstants.F_SEAL_SEAL;

    /// <summary>Creates a file of zeros whose pages come with their first touch; its seals follow by <see cref="TrySeal"/>.</summary>
    /// <returns>Null with errno when a call fails.</returns>
    internal static SafeFileHandle? Create(string name, long length, out int errno)
    {
        // Where executable anonymous files are forbidden (vm.memfd_noexec = 2) the flag is required; kernels before 6.3 do not know it.
        var descriptor = Libc.memfd_create(name, LibcConstants.MFD_CLOEXEC | LibcConstants.MFD_NOEXEC_SEAL);
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == Errno.EINVAL)
        {
            descriptor = Libc.memfd_create(name, LibcConstants.MFD_CLOEXEC | LibcConstants.MFD_ALLOW_SEALING);
        }

        if (descriptor < 0)
        {
            errno = Marshal.GetLastPInvokeError();
            return null;
        }

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Libc.ftruncate(descriptor, length) == 0)
        {
            errno = 0;
            return file;
        }

        errno = Marshal.GetLastPInvokeError();
        file.Dispose();
        return null;
    }

    /// <summary>Adds seals; false with errno when the kernel does not know one of them.</summary>
    internal static bool TrySeal(SafeFileHandle file, int seals, out int errno)
    {
        using var lease = new Lease(file);
        var done = Libc.fcntl(lease.Descriptor, LibcConstants.F_ADD_SEALS, seals) == 0;
        errno = done ? 0 : Marshal.GetLastPInvokeError();
        return done;
    }

    /// <summary>Checks a descriptor that a peer sent: an anonymous file of whole pages whose size can never change.</summary>
    /// <remarks>A file of huge pages is refused: a mapping of it takes up more addresses than its length says, and where the peer punches a hole and no huge page is
    /// left, the next access is a fatal signal.</remarks>
    /// <param name="file">The descriptor.</param>
    /// <param name="length">Its size in bytes.</param>
    /// <param name="isReadOnly">Whether it can no longer be mapped writable.</param>
    /// <param name="reason">Why it is refused.</param>
    internal static bool TryInspect(SafeHandle file, out ulong length, out bool isReadOnly, out string reason)
    {
        using var lease = new Lease(file);
        length = 0;
        isReadOnly = false;
        var seals = Libc.fcntl(lease.Descriptor, LibcConstants.F_GET_SEALS, 0);
        if (seals < 0 || (seals & SizeSeals) != SizeSeals)
        {
            reason = "the descriptor is no anonymous file with the seals SHRINK, GROW and SEAL";
            return false;
        }

        statx about;
        if (Libc.statx(lease.Descriptor, "", LibcConstants.AT_EMPTY_PATH, LibcConstants.STATX_BASIC_STATS, &about) != 0)
        {
            reason = $"the size of the descriptor cannot be read (errno {Marshal.GetLastPInvokeError()})";
            return false;
        }

        statfs system;
        if (Libc.fstatfs(lease.Descriptor, &system) != 0)
        {
            reason = $"the kind of the descriptor's memory cannot be read (errno {Marshal.GetLastPInvokeError()})";
            return false;
        }

        if ((uint)system.f_type == LibcConstants.HUGETLBFS_MAGIC)
        {
            reason = "the memory is of huge pages, which can vanish under who maps them";
            return false;
        }

        if (about.stx_size % (ulong)Environment.SystemPageSize != 0)
        {
            reason = $"the {about.stx_size} bytes of the descriptor are no number of whole pages";
            return false;
        }

        reason = "";
        length = about.stx_size;
        isReadOnly = (seals & (LibcConstants.F_SEAL_FUTURE_WRITE | LibcConstants.F_SEAL_WRITE)) != 0;
        return true;
    }
}
