using Nixl.Backends.Posix.Files;
using Nixl.Backends.Posix.Memory;
using Nixl.Backends.Posix.Queues;

namespace Nixl.Backends.Posix.Transfers;

/// <summary>Checks a transfer and lays out its operations: everything that can be refused is refused here, before a byte has moved.</summary>
internal sealed unsafe class TransferBuilder(QueueSet queues, bool isDurable, BandwidthTable bandwidth)
{
    // Large segments are cut: threads share them, and a cancellation takes effect between pieces. Devices gain nothing from longer requests.
    private const long PieceBytesMin = 1 << 20;
    private const long PiecesMax = 65536;
    private const long PieceBytesMax = 1L << 30; // below MAX_RW_COUNT, 2 GiB less a page

    /// <summary>Makes the request of a transfer; null with the status and reason.</summary>
    internal PosixRequest? Build(BackendTransfer transfer, out NixlStatus status, out BackendFault fault)
    {
        var isWrite = transfer.Operation == TransferOperation.Write;
        status = CheckSides(transfer, out fault);
        var files = Files(transfer);
        var segments = transfer.Segments.Span;
        var furthest = default(FarWrite);
        for (var i = 0; i < segments.Length && status == NixlStatus.Success; i++)
        {
            if (segments[i].Length > 0)
            {
                var file = FileOf(transfer, segments[i]);
                status = FileRules.Check(segments[i], file, isWrite, i, out fault);
                furthest = status == NixlStatus.Success && isWrite && file.Facts.IsRegular ? Further(furthest, segments[i], file, i) : furthest;
            }
        }

        if (status != NixlStatus.Success)
        {
            return null;
        }

        if (!queues.Blocking.TryStartThreads())
        {
            status = NixlStatus.BackendError;
            fault = BackendFault.Because("No thread could be started for what only a blocking call can do.", "Raise the limit of threads (ulimit -u, pids.max) or of memory.");
            return null;
        }

        var request = new PosixRequest(isWrite, isDurable, transfer.TotalBytes, bandwidth) { Furthest = furthest };
        request.Compose(files, Batches(request, transfer, files), queues.Blocking);
        return request;
    }

    private static PosixFile FileOf(BackendTransfer transfer, in TransferSegment segment)
        => ((PosixRemoteFile)transfer.RemoteMemories[segment.RemoteMemory]).File;

    private static FarWrite Further(FarWrite furthest, in TransferSegment segment, PosixFile file, int index)
    {
        var end = (long)(segment.RemoteAddress + segment.Length);
        return end > furthest.End ? new FarWrite(end, (long)segment.RemoteAddress, file.Name, index) : furthest;
    }

    private static NixlStatus CheckSides(BackendTransfer transfer, out BackendFault fault)
    {
        fault = default;
        if (transfer.LocalMemories.All(static memory => memory is PosixMemory) && transfer.RemoteMemories.All(static memory => memory is PosixRemoteFile))
        {
            return NixlStatus.Success;
        }

        fault = BackendFault.Because("One side must be host memory, and the remote side a file.", "Give the memory as local descriptors and the file as remote ones; read to turn the direction round.");
        return NixlStatus.InvalidParam;
    }

    private static PosixFile[] Files(BackendTransfer transfer)
        => [.. transfer.RemoteMemories.OfType<PosixRemoteFile>().Select(static memory => memory.File).Distinct()];

    private static long PieceBytes(long totalBytes)
    {
        var bytes = PieceBytesMin;
        while (bytes < PieceBytesMax && totalBytes / bytes > PiecesMax)
        {
            bytes *= 2;
        }

        return bytes;
    }

    private IoBatch[] Batches(PosixRequest request, BackendTransfer transfer, PosixFile[] files)
    {
        var pieceBytes = PieceBytes(transfer.TotalBytes);
        var counts = new Dictionary<IIoQueue, int>();
        foreach (ref readonly var segment in transfer.Segments.Span)
        {
            if (segment.Length > 0)
            {
                var queue = queues.Choose(FileOf(transfer, segment));
                var pieces = (int)((segment.Length - 1) / (ulong)pieceBytes + 1);
                counts[queue] = counts.GetValueOrDefault(queue) + pieces;
            }
        }

        var batches = counts.ToDictionary(static pair => pair.Key, pair => new IoBatch(request, pair.Key, pair.Value));
        Fill(request, transfer, files, pieceBytes, batches);
        return [.. batches.Values];
    }

    private void Fill(PosixRequest request, BackendTransfer transfer, PosixFile[] files, long pieceBytes, Dictionary<IIoQueue, IoBatch> batches)
    {
        var next = batches.Keys.ToDictionary(static queue => queue, static _ => 0);
        var segments = transfer.Segments.Span;
        for (var i = 0; i < segments.Length; i++)
        {
            var segment = segments[i];
            for (ulong done = 0; done < segment.Length;)
            {
                var file = FileOf(transfer, segment);
                var queue = queues.Choose(file);
                var length = Math.Min(segment.Length - done, (ulong)pieceBytes);
                var memory = (PosixMemory)transfer.LocalMemories[segment.LocalMemory];
                batches[queue].Set(next[queue]++, new IoOperation
                {
                    Kind = request.IsWrite ? OperationKind.Write : OperationKind.Read,
                    Address = (byte*)(segment.LocalAddress + done),
                    Offset = (long)(segment.RemoteAddress + done),
                    Length = (int)length,
                    Descriptor = file.Descriptor,
                    File = Array.IndexOf(files, file),
                    Segment = i,
                    Buffer = memory.Buffers?.SlotOf(segment.LocalAddress + done, (long)length) ?? -1,
                    IsDirect = file.Facts.IsDirect,
                });
                done += length;
            }
        }
    }
}
