using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix.Files;

/// <summary>What a file allows, checked for each segment before anything moves.</summary>
internal static class FileRules
{
    /// <summary>Checks one segment against its file.</summary>
    internal static NixlStatus Check(in TransferSegment segment, PosixFile file, bool isWrite, int index, out BackendFault fault)
    {
        var facts = file.Facts;
        fault = default;
        if (isWrite ? !facts.IsWritable : !facts.IsReadable)
        {
            fault = new BackendFault(Errno.EBADF, index, $"{file.Name} is open for {(isWrite ? "reading" : "writing")} only.", isWrite ? "Register it with rw." : "Register a descriptor that can be read.");
            return NixlStatus.NotAllowed;
        }

        if (isWrite && (facts.Flags & Fcntl.O_APPEND) != 0)
        {
            fault = new BackendFault(0, index, $"{file.Name} is open with O_APPEND: the kernel would write at its end instead of the offset.", "Open it without O_APPEND.");
            return NixlStatus.InvalidParam;
        }

        if (segment.RemoteAddress > long.MaxValue || segment.Length > long.MaxValue - segment.RemoteAddress)
        {
            fault = new BackendFault(0, index, $"Offset {segment.RemoteAddress} and length {segment.Length} end beyond 2^63.", "Addresses of files are byte offsets.");
            return NixlStatus.InvalidParam;
        }

        if (facts.IsBlockDevice && segment.RemoteAddress + segment.Length > (ulong)facts.DeviceBytes)
        {
            fault = new BackendFault(0, index, $"{file.Name} has {facts.DeviceBytes} bytes; offset {segment.RemoteAddress} and length {segment.Length} lie beyond.", "Stay within the device.");
            return NixlStatus.InvalidParam;
        }

        return facts.IsDirect ? CheckAlignment(segment, file, index, out fault) : NixlStatus.Success;
    }

    private static NixlStatus CheckAlignment(in TransferSegment segment, PosixFile file, int index, out BackendFault fault)
    {
        var (memory, offset) = ((ulong)file.Facts.MemoryAlignment, (ulong)file.Facts.OffsetAlignment);
        var wrong = segment.LocalAddress % memory != 0 ? $"the memory address {segment.LocalAddress:x} is no multiple of {memory}"
            : segment.RemoteAddress % offset != 0 ? $"the offset {segment.RemoteAddress} is no multiple of {offset}"
            : segment.Length % offset != 0 ? $"the length {segment.Length} is no multiple of {offset}"
            : null;
        if (wrong is null)
        {
            fault = default;
            return NixlStatus.Success;
        }

        fault = new BackendFault(
            Errno.EINVAL,
            index,
            $"{file.Name} is open for direct I/O, and {wrong}.",
            "Align it (memory of AllocateMemory begins at a page), or leave direct out.");
        return NixlStatus.InvalidParam;
    }
}
