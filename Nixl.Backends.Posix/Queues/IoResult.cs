using Nixl.Backends.Posix.Interop;
using Nixl.Backends.Posix.Transfers;

namespace Nixl.Backends.Posix.Queues;

/// <summary>What a result of the kernel's means for an operation: the same for every queue.</summary>
internal static unsafe class IoResult
{
    /// <summary>Takes a result; true when the operation has ended, false when it must be issued again for the rest.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="result">Bytes moved, or a negative error number.</param>
    /// <param name="request">Its transfer, which is told of a failure.</param>
    internal static bool Take(IoOperation* operation, long result, PosixRequest request)
    {
        if (result > 0)
        {
            operation->Done += (int)result;
            return operation->Done == operation->Length || !MayContinue(operation, request);
        }

        switch (-result)
        {
            case 0 when operation->Kind == OperationKind.Read:
                request.Note(operation, PosixFailure.EndOfFile, 0);
                return true;
            case 0:
                request.Note(operation, PosixFailure.Errno, Errno.EIO); // a write of some bytes that wrote none and has no reason
                return true;
            case Errno.EINTR or Errno.EAGAIN:
                return Stops(request);

            // Not asked for: the kernel does this when the thread that issued the operation ends.
            case Errno.ECANCELED:
                return Stops(request);
            default:
                request.Note(operation, PosixFailure.Errno, (int)-result);
                return true;
        }
    }

    /// <summary>After a short read or write. Direct I/O ends short and unaligned only at the end of a file, and could not be continued from there.</summary>
    private static bool MayContinue(IoOperation* operation, PosixRequest request)
    {
        if (operation->IsDirect && (operation->Offset + operation->Done) % request.File(operation).Facts.OffsetAlignment != 0)
        {
            var isRead = operation->Kind == OperationKind.Read;
            request.Note(operation, isRead ? PosixFailure.EndOfFile : PosixFailure.Errno, isRead ? 0 : Errno.EIO);
            return false;
        }

        return !Stops(request);
    }

    private static bool Stops(PosixRequest request)
    {
        if (!request.ShouldStop)
        {
            return false;
        }

        request.NoteStopped();
        return true;
    }
}
