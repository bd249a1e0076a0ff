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

        var (failure, error) = Sync(file);
        if (failure != PosixFailure.None)
        {
            request.Note(operation, failure, error);
        }
    }

    private static (PosixFailure Failure, int Error) Sync(PosixFile file)
    {
        var state = file.Sync;
        lock (state.Gate)
        {
            if (state.Failure == 0 && Libc.fdatasync(file.Descriptor) < 0)
            {
                state.Failure = Marshal.GetLastPInvokeError();
            }

            return state.Failure != 0 ? (PosixFailure.Sync, state.Failure)
                : state.IsNameUnsynced ? SyncName(file, state)
                : (PosixFailure.None, 0);
        }
    }

    /// <summary>Syncs the directory. That it cannot be opened loses nothing: the next post tries again.</summary>
    private static (PosixFailure Failure, int Error) SyncName(PosixFile file, SyncState state)
    {
        // Where the file is now: it may have been moved since it was created.
        var directory = Path.GetDirectoryName(FileOpener.PathOf(file.Descriptor)) ?? "/";
        var descriptor = Fcntl.open(directory, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0);
        if (descriptor < 0)
        {
            return (PosixFailure.Directory, Marshal.GetLastPInvokeError());
        }

        state.Failure = Libc.fsync(descriptor) < 0 ? Marshal.GetLastPInvokeError() : 0;
        _ = Libc.close(descriptor);
        state.IsNameUnsynced = state.Failure != 0;
        return (state.Failure != 0 ? PosixFailure.Sync : PosixFailure.None, state.Failure);
    }
}
