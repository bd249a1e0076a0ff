using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix.Files;

/// <summary>The files that are registered, by device id. One device id names one file as long as any registration uses it.</summary>
/// <param name="agent">For the log.</param>
/// <param name="policy">Which files may be opened.</param>
/// <param name="isDurable">Whether writes are made durable, for which it is remembered whose names are not.</param>
/// <param name="logger">Where each opened file is reported.</param>
internal sealed class PosixFileTable(string agent, FilePolicy policy, bool isDurable, ILogger logger) : IDisposable
{
    // Offsets are off_t.
    private const ulong OffsetMax = long.MaxValue;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, PosixFile> _files = [];
    private readonly Dictionary<(uint Major, uint Minor, ulong Number), SyncState> _syncs = [];

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
    internal NixlStatus Acquire(in MemoryRegion region, out PosixFile? file, out BackendFault fault)
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
                ReleaseSync(file);
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

        file = new PosixFile(deviceId, mode, handle, facts, AcquireSync(facts, created));
        _files.Add(deviceId, file);
        logger.FileOpened(agent, file.Name, deviceId, file.DescribeFlags(), facts.MemoryAlignment, facts.OffsetAlignment);
        return NixlStatus.Success;
    }

    private SyncState AcquireSync(in FileFacts facts, bool created)
    {
        if (!_syncs.TryGetValue(facts.Identity, out var sync))
        {
            sync = new SyncState();
            _syncs.Add(facts.Identity, sync);
        }

        sync.Users++;
        sync.IsNameUnsynced |= created && isDurable;
        return sync;
    }

    /// <summary>Forgets a failure with the last registration; but not that the name is still to be synced, whoever registers the file next.</summary>
    private void ReleaseSync(PosixFile file)
    {
        if (--file.Sync.Users == 0)
        {
            file.Sync.Failure = 0;
            _ = !file.Sync.IsNameUnsynced && _syncs.Remove(file.Facts.Identity);
        }
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

        if (facts.IsBlockDevice && !policy.AllowMountedDevices && (error = ProbeHolder(lease.Descriptor)) != 0)
        {
            fault = error == Errno.EBUSY
                ? new BackendFault(error, -1, $"{name} is mounted, or held by something else.", "Unmount it; only who knows what he does sets allow_mounted_devices=true.")
                : new BackendFault(
                    error,
                    -1,
                    $"Whether {name} is mounted could not be found out: opening it exclusively failed.",
                    "Let the process open the device through /proc/self/fd; only who knows that nothing holds it sets allow_mounted_devices=true.");
            return NixlStatus.NotAllowed;
        }

        fault = default;
        return NixlStatus.Success;
    }

    /// <summary>Opens a device exclusively, which EBUSY refuses while somebody holds it so, as a mount does; 0 when nobody does, else the error number.</summary>
    internal static int ProbeHolder(int descriptor)
    {
        var probe = Fcntl.open($"/proc/self/fd/{descriptor}", Fcntl.O_RDONLY | Fcntl.O_EXCL | Fcntl.O_NONBLOCK | Fcntl.O_CLOEXEC, 0);
        if (probe < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        _ = Libc.close(probe);
        return 0;
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
