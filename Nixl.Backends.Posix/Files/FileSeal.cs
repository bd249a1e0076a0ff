using System.Runtime.InteropServices;
using Nixl.Backends.Posix.Interop;
using Nixl.Backends.Posix.Queues;
using Nixl.Backends.Posix.Transfers;

namespace Nixl.Backends.Posix.Files;

/// <summary>What is left to do with a file when the bytes of a transfer are with the kernel.</summary>
internal static unsafe class FileSeal
{
    /// <summary>Looks whether the file still has a name and, for a durable write, makes its bytes and its name durable. Blocks.</summary>
    internal static void Apply(PosixFile file, IoOperation* operation, PosixRequest request)
    {
        if (file.IsDeleted())
        {
            request.Note(operation, PosixFailure.Deleted, Errno.ENOENT);
            return;
        }

        if (!request.IsDurable || file.Facts is { IsRegular: false, IsBlockDevice: false })
        {
            return;
        }

        var error = file.SyncFailure;
        if (error == 0 && (error = Sync(file)) != 0)
        {
            file.NoteSyncFailure(error);
        }

        if (error != 0)
        {
            request.Note(operation, PosixFailure.Sync, error);
        }
    }

    private static int Sync(PosixFile file)
    {
        if (Libc.fdatasync(file.Descriptor) < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        if (!file.NeedsDirectorySync)
        {
            return 0;
        }

        // Where the file is now: it may have been moved since it was created.
        var directory = Path.GetDirectoryName(FileOpener.PathOf(file.Descriptor)) ?? "/";
        var descriptor = Fcntl.open(directory, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        var error = Libc.fsync(descriptor) < 0 ? Marshal.GetLastPInvokeError() : 0;
        _ = Libc.close(descriptor);
        if (error == 0)
        {
            file.NoteDirectorySynced();
        }

        return error;
    }
}
