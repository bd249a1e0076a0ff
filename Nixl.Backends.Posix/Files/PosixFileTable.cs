using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix.Files;

/// <summary>The files that are registered, by device id. One device id names one file as long as any registration uses it.</summary>
internal sealed class PosixFileTable(string agent, FilePolicy policy, ILogger logger) : IDisposable
{
    // Offsets are off_t.
    private const ulong OffsetMax = long.MaxValue;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, PosixFile> _files = [];

    /// <summary>A snapshot of the files.</summary>
    internal List<PosixFile> Files
    {
        get
        {
            lock (_gate)
            {
                return [.. _files.Values];
            }
        }
    }

    /// <summary>Opens the file of a registration, or counts one more user of it.</summary>
    internal NixlStatus Acquire(MemoryRegion region, out PosixFile? file, out BackendFault fault)
    {
        file = null;
        if (region.Range.Address > OffsetMax)
        {
            fault = BackendFault.Because($"The offset {region.Range.Address} is not below 2^63.", "Addresses of files are byte offsets.");
            return NixlStatus.InvalidParam;
        }

        var mode = PathMode.Parse(region.MetaInfo.Span, out var problem);
        if (problem is not null)
        {
            fault = BackendFault.Because($"In the meta info of device id {region.Range.DeviceId}, {problem}.", "Write ro|rw[,direct,sync,noatime,create]:path.");
            return NixlStatus.InvalidParam;
        }

        lock (_gate)
        {
            var status = _files.TryGetValue(region.Range.DeviceId, out file)
                ? Confirm(file, mode, out fault)
                : Add(region.Range.DeviceId, mode, out file, out fault);
            if (status == NixlStatus.Success)
            {
                file!.Users++;
            }
            else
            {
                file = null;
            }

            return status;
        }
    }

    /// <summary>Gives one use back; the last one closes the file.</summary>
    internal void Release(PosixFile file)
    {
        lock (_gate)
        {
            if (--file.Users == 0)
            {
                _files.Remove(file.DeviceId);
                file.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var file in _files.Values)
            {
                file.Dispose();
            }

            _files.Clear();
        }
    }

    private NixlStatus Add(ulong deviceId, PathMode? mode, out PosixFile? file, out BackendFault fault)
    {
        file = null;
        var handle = Open(deviceId, mode, out var created, out var status, out fault);
        if (handle is null)
        {
            return status;
        }

        status = Inspect(handle, mode?.Path, out var facts, out fault);
        if (status != NixlStatus.Success)
        {
            handle.Dispose();
            return status;
        }

        file = new PosixFile(deviceId, mode, handle, facts, created);
        _files.Add(deviceId, file);
        logger.FileOpened(agent, file.Name, deviceId, file.DescribeFlags(), facts.MemoryAlignment, facts.OffsetAlignment);
        return NixlStatus.Success;
    }

    private SafeFileHandle? Open(ulong deviceId, PathMode? mode, out bool created, out NixlStatus status, out BackendFault fault)
    {
        if (mode is not null)
        {
            return FileOpener.Open(mode, policy, out created, out status, out fault);
        }

        created = false;
        if (deviceId <= int.MaxValue)
        {
            return FileOpener.Duplicate((int)deviceId, out status, out fault);
        }

        status = NixlStatus.InvalidParam;
        fault = BackendFault.Because($"Device id {deviceId} is no file descriptor.", "Give the descriptor as device id, or a path as in rw:/path in the meta info.");
        return null;
    }

    /// <summary>Reads what the kernel knows of the file, and refuses what transfers cannot use.</summary>
    private NixlStatus Inspect(SafeFileHandle handle, string? path, out FileFacts facts, out BackendFault fault)
    {
        using var lease = new Handles.DescriptorLease(handle);
        var name = path ?? FileOpener.PathOf(lease.Descriptor);
        if (!FileFacts.TryRead(lease.Descriptor, out facts, out var error))
        {
            fault = new BackendFault(error, -1, $"{name} could not be looked at.");
            return PosixStatus.OfErrno(error);
        }

        if (facts.Unfitness() is { } reason)
        {
            fault = BackendFault.Because($"{name} {reason}.", "Register a regular file or a block device.");
            return NixlStatus.InvalidParam;
        }

        if (facts.IsBlockDevice && !policy.AllowMountedDevices && IsHeld(lease.Descriptor))
        {
            fault = new BackendFault(Errno.EBUSY, -1, $"{name} is mounted, or held by something else.", "Unmount it; only who knows what he does sets allow_mounted_devices=true.");
            return NixlStatus.NotAllowed;
        }

        fault = default;
        return NixlStatus.Success;
    }

    /// <summary>Whether somebody holds the device exclusively, as a mount does: only then is opening it exclusively refused.</summary>
    private static bool IsHeld(int descriptor)
    {
        var probe = Fcntl.open($"/proc/self/fd/{descriptor}", Fcntl.O_RDONLY | Fcntl.O_EXCL | Fcntl.O_NONBLOCK | Fcntl.O_CLOEXEC, 0);
        var error = probe < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (probe >= 0)
        {
            _ = Libc.close(probe);
        }

        return error == Errno.EBUSY;
    }

    /// <summary>Checks that a further registration under a device id means the same file.</summary>
    private static NixlStatus Confirm(PosixFile file, PathMode? mode, out BackendFault fault)
    {
        fault = default;
        if (mode is not null ? mode == file.Mode : file.Mode is null && IsStill(file))
        {
            return NixlStatus.Success;
        }

        fault = BackendFault.Because(
            $"Device id {file.DeviceId} already stands for {file.Name} ({file.DescribeFlags()}).",
            "Give each file a device id of its own, and deregister a file before its descriptor is closed.");
        return NixlStatus.NotAllowed;
    }

    private static bool IsStill(PosixFile file)
        => FileFacts.TryRead((int)file.DeviceId, out var now, out _) && now.IsSameAs(file.Facts);
}
