using Nixl.Backends.Posix.Interop;
using Nixl.Backends.Posix.Memory;
using Nixl.Backends.Posix.Transfers;

namespace Nixl.Backends.Posix;

/// <content>Transfers.</content>
public sealed unsafe partial class PosixEngine
{
    /// <inheritdoc/>
    public NixlStatus PrepXfer(BackendTransfer transfer, out BackendRequest? request, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(transfer);
        request = null;
        if (_builder is not { } builder)
        {
            return Closed(out fault);
        }

        var prepared = builder.Build(transfer, out var status, out fault);
        if (prepared is not null)
        {
            _requests[prepared] = true;
            request = prepared;
        }

        return status;
    }

    /// <inheritdoc/>
    public NixlStatus PostXfer(BackendRequest request, uint post, out BackendFault fault)
    {
        if (_queues is null)
        {
            return Closed(out fault);
        }

        var transfer = (PosixRequest)request;
        if (transfer.Furthest.End > 0 && ExceedsFileLimit(transfer.Furthest, out fault))
        {
            return NixlStatus.BackendError;
        }

        fault = default;
        transfer.Start(post);
        return NixlStatus.InProgress;
    }

    /// <inheritdoc/>
    public void CancelXfer(BackendRequest request, uint post) => ((PosixRequest)request).Cancel();

    /// <inheritdoc/>
    public void ReleaseXfer(BackendRequest request)
    {
        if (request is PosixRequest transfer && _requests.TryRemove(transfer, out _))
        {
            transfer.Free();
        }
    }

    /// <inheritdoc/>
    /// <remarks>From what transfers of the same direction, kind of file and size of pieces took so far; NotSupported before the first one.</remarks>
    public NixlStatus EstimateXferCost(BackendTransfer transfer, out TransferCost cost, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(transfer);
        cost = default;
        fault = default;
        var file = transfer.RemoteMemories.OfType<PosixRemoteFile>().FirstOrDefault()?.File;
        if (file is not null && _bandwidth.TryEstimate(
            transfer.Operation == TransferOperation.Write, file.Facts.IsDirect, transfer.TotalBytes, transfer.Segments.Length, out cost))
        {
            return NixlStatus.Success;
        }

        fault = BackendFault.Because("No transfer of this kind was measured yet.", "Post one first.");
        return NixlStatus.NotSupported;
    }

    /// <summary>A write beyond the process's limit for files would not only fail: its signal would end the process.</summary>
    private static bool ExceedsFileLimit(in FarWrite write, out BackendFault fault)
    {
        rlimit limit;
        if (Libc.getrlimit(Libc.RLIMIT_FSIZE, &limit) != 0 || (ulong)write.End <= limit.rlim_cur)
        {
            fault = default;
            return false;
        }

        fault = new BackendFault(
            Errno.EFBIG,
            write.Segment,
            $"Writing {write.File} at offset {write.Offset} would end at {write.End}, beyond the {limit.rlim_cur} bytes that the process may give a file; 0 bytes were written.",
            "Raise ulimit -f (LimitFSIZE).");
        return true;
    }
}
