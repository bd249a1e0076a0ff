using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix.Files;

/// <summary>Opens files as registrations ask for them.</summary>
internal static unsafe class FileOpener
{
    private const int NewFileMode = 0x1A4; // 0644, as upstream

    // The kernel asks to try again when something was renamed or mounted anywhere while it resolved a path with "..", as an attacker may go on doing.
    private const int BeneathTries = 32;

    /// <summary>Opens a path under the policy; null with the status and reason.</summary>
    internal static SafeFileHandle? Open(PathMode mode, FilePolicy policy, out bool created, out NixlStatus status, out BackendFault fault)
    {
        created = false;
        if (!policy.TryRelate(mode.Path, out var path))
        {
            status = NixlStatus.NotAllowed;
            fault = BackendFault.Because($"{mode.Path} lies outside the root {policy.Root}.", "Name a path below the root, or change the parameter root.");
            return null;
        }

        var flags = Flags(mode);
        int descriptor, error;
        if (!mode.Creates)
        {
            descriptor = OpenOnce(policy, path, flags, out error);
        }
        else if ((descriptor = OpenOnce(policy, path, flags | Fcntl.O_CREAT | Fcntl.O_EXCL, out error)) >= 0)
        {
            created = true;
        }
        else if (error == Errno.EEXIST && (descriptor = OpenOnce(policy, path, flags, out error)) < 0 && error == Errno.ENOENT)
        {
            // A symbolic link to nothing: the file comes to be where it points.
            descriptor = OpenOnce(policy, path, flags | Fcntl.O_CREAT, out error);
            created = descriptor >= 0;
        }

        if (descriptor < 0)
        {
            status = Explain(error, mode, policy, out fault);
            return null;
        }

        // Set only so that opening a pipe does not wait for its other end; io_uring would take it as a wish for EAGAIN on devices.
        Fcntl.fcntl(descriptor, Fcntl.F_SETFL, Fcntl.fcntl(descriptor, Fcntl.F_GETFL, 0) & ~Fcntl.O_NONBLOCK);
        status = NixlStatus.Success;
        fault = default;
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Has the kernel resolve a path under the policy's restrictions; the descriptor, or -1 with the error number.</summary>
    internal static int OpenRestricted(FilePolicy policy, string path, int flags, out int error)
    {
        var how = new open_how
        {
            flags = (ulong)flags,
            mode = (flags & Fcntl.O_CREAT) != 0 ? (ulong)NewFileMode : 0,
            resolve = (policy.Root is null ? 0 : open_how.RESOLVE_BENEATH) | (policy.AllowSymlinks ? 0 : open_how.RESOLVE_NO_SYMLINKS),
        };
        var tries = BeneathTries;
        int descriptor;
        do
        {
            descriptor = (int)Libc.openat2(Syscalls.openat2, policy.Directory, path, &how, sizeof(open_how));
            error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (error == Errno.EAGAIN && --tries > 0);

        return descriptor;
    }

    /// <summary>Takes a descriptor of the process: a duplicate, so that the file stays the same when the number is closed and used again.</summary>
    internal static SafeFileHandle? Duplicate(int descriptor, out NixlStatus status, out BackendFault fault)
    {
        var duplicate = Fcntl.fcntl(descriptor, Fcntl.F_DUPFD_CLOEXEC, 0);
        if (duplicate >= 0)
        {
            status = NixlStatus.Success;
            fault = default;
            return new SafeFileHandle(duplicate, ownsHandle: true);
        }

        var error = Marshal.GetLastPInvokeError();
        status = PosixStatus.OfErrno(error);
        fault = error == Errno.EBADF
            ? new BackendFault(error, -1, $"Descriptor {descriptor} is not open.", "Register a file before it is closed; or name it in path mode, as in rw:/path, in the meta info.")
            : new BackendFault(error, -1, $"Descriptor {descriptor} could not be duplicated.", Hint(error));
        return null;
    }

    /// <summary>The path that a descriptor was opened with, as the kernel knows it now.</summary>
    internal static string PathOf(int descriptor)
    {
        const int LengthMax = 4096; // PATH_MAX
        var buffer = stackalloc byte[LengthMax];
        var length = Libc.readlink($"/proc/self/fd/{descriptor}", buffer, LengthMax);
        return length > 0 ? System.Text.Encoding.UTF8.GetString(buffer, (int)length) : $"descriptor {descriptor}";
    }

    private static int Flags(PathMode mode)
        => (mode.IsWritable ? Fcntl.O_RDWR : Fcntl.O_RDONLY) | Fcntl.O_CLOEXEC | Fcntl.O_NOCTTY | Fcntl.O_NONBLOCK
            | (mode.IsDirect ? Fcntl.O_DIRECT : 0)
            | (mode.IsSync ? Fcntl.O_SYNC : 0)
            | (mode.KeepsAccessTime ? Fcntl.O_NOATIME : 0);

    private static int OpenOnce(FilePolicy policy, string path, int flags, out int error)
    {
        if (policy.IsRestricted)
        {
            return OpenRestricted(policy, path, flags, out error);
        }

        var descriptor = Fcntl.open(path, flags, NewFileMode);
        error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        return descriptor;
    }

    private static NixlStatus Explain(int error, PathMode mode, FilePolicy policy, out BackendFault fault)
    {
        var (status, detail, hint) = error switch
        {
            Errno.EXDEV when policy.Root is not null => (NixlStatus.NotAllowed, $"leaves the root {policy.Root}", "Name a path below the root, without .. or links out of it."),
            Errno.ELOOP when !policy.AllowSymlinks => (NixlStatus.NotAllowed, "contains a symbolic link", "Name the file itself, or set allow_symlinks=true."),
            Errno.ENOSYS when policy.IsRestricted => (
                NixlStatus.NotSupported, "cannot be confined: the kernel has no openat2, or a seccomp profile hides it", "Allow openat2 (Linux 5.6), or remove root and allow_symlinks."),
            Errno.EINVAL when mode.IsDirect => (NixlStatus.NotSupported, "cannot be opened for direct I/O on its file system", "Leave direct out."),
            Errno.EPERM when mode.KeepsAccessTime => (NixlStatus.NotAllowed, "may be opened with noatime by its owner only", "Leave noatime out."),
            _ => (PosixStatus.OfErrno(error), "could not be opened", Hint(error)),
        };
        fault = new BackendFault(error, -1, $"{mode.Path} {detail}.", hint);
        return status;
    }

    private static string? Hint(int error) => error switch
    {
        Errno.ENOENT or Errno.ENOTDIR => "Check the path, or add create to the mode.",
        Errno.EACCES or Errno.EPERM => "Check owner and mode of the file and its directories, or open it with ro.",
        Errno.EROFS => "The file system is mounted read-only: open it with ro.",
        Errno.EMFILE => $"The process may have {DescriptorLimit()} descriptors open: register fewer files at a time, or raise the limit (ulimit -n, LimitNOFILE).",
        Errno.ENFILE => "The machine has no descriptor left: raise fs.file-max.",
        Errno.EINVAL => null,
        _ => null,
    };

    private static string DescriptorLimit()
    {
        rlimit limit;
        return Libc.getrlimit(Libc.RLIMIT_NOFILE, &limit) == 0 ? $"{limit.rlim_cur}" : "too few";
    }
}
