using Nixl.Backends.Posix.Files;
using Nixl.Backends.Posix.Interop;
using Nixl.Backends.Posix.Queues;

namespace Nixl.Backends.Posix.Transfers;

/// <summary>Puts the failure of a post into words: file, offset, what moved before. Made once, when it has failed.</summary>
internal static unsafe class FailureText
{
    internal static NixlStatus Explain(
        PosixFailure failure, int error, PosixFile file, IoOperation* operation, PosixRequest request, long bytes, out BackendFault fault)
    {
        var segment = operation is null ? -1 : operation->Segment;
        var offset = operation is null ? 0 : operation->Offset + operation->Done;
        var verb = request.IsWrite ? "Writing" : "Reading";
        var moved = $"{bytes} of {request.TotalBytes} bytes were {(request.IsWrite ? "written" : "read")}";
        var (status, detail, hint) = failure switch
        {
            PosixFailure.EndOfFile => (
                NixlStatus.Mismatch, $"{file.Name} ends at offset {offset}; {moved}.", "Read within the file: QueryMemory tells its size."),
            PosixFailure.Deleted => (
                NixlStatus.NotFound, $"{file.Name} was deleted while it was registered; {moved}, to nowhere that can be opened again.", "Create the file anew and register it."),
            PosixFailure.Sync => (
                PosixStatus.OfErrno(error),
                $"Making {file.Name} durable failed; {moved}, but may be lost.",
                "A failed sync is final: the kernel has dropped the bytes. Deregister the file wherever it is registered, and write it anew."),
            PosixFailure.Directory => (
                PosixStatus.OfErrno(error),
                $"The directory of {file.Name} could not be opened to make the name durable; {moved} and are durable.",
                "Let the process open the directory, and post again."),
            _ => (PosixStatus.OfErrno(error), $"{verb} {file.Name} at offset {offset} failed; {moved}.", Hint(error)),
        };
        fault = new BackendFault(error, segment, detail, hint);
        return status;
    }

    private static string? Hint(int error) => error switch
    {
        Errno.ENOSPC => "The file system or device is full: make room and post again.",
        Errno.EFBIG => "The file would be longer than its file system or the process (ulimit -f) allows.",
        Errno.EIO => "The device or file system failed: see the kernel's log.",
        Errno.EFAULT => "The registered memory is not there, or not writable: keep it mapped while it is registered.",
        Errno.EINVAL => "The file system refuses the operation: with direct I/O, check address, offset and length against its alignment.",
        Errno.EBADF => "The file was not opened for this direction.",
        Errno.ESTALE => "The file is gone from its server: register it anew.",
        _ => null,
    };
}
