using Microsoft.Win32.SafeHandles;
using Nixl.Backends.Posix.Handles;
using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix.Files;

/// <summary>One open file that registrations name by a device id. Owns its descriptor.</summary>
internal sealed unsafe class PosixFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly DescriptorLease _lease;

    /// <summary>Takes over <paramref name="handle"/>.</summary>
    internal PosixFile(ulong deviceId, PathMode? mode, SafeFileHandle handle, FileFacts facts, SyncState sync)
    {
        DeviceId = deviceId;
        Mode = mode;
        _handle = handle;
        Facts = facts;
        Sync = sync;
        _lease = new DescriptorLease(handle);
        Name = mode?.Path ?? FileOpener.PathOf(_lease.Descriptor);
    }

    /// <summary>The device id under which descriptors name it.</summary>
    internal ulong DeviceId { get; }

    /// <summary>How it was named; null for a descriptor of the process.</summary>
    internal PathMode? Mode { get; }

    /// <summary>What the kernel said when it was registered.</summary>
    internal FileFacts Facts { get; }

    /// <summary>The path, for messages.</summary>
    internal string Name { get; }

    /// <summary>The descriptor, valid until <see cref="Dispose"/>.</summary>
    internal int Descriptor => _lease.Descriptor;

    /// <summary>Registrations that use it. Guarded by the table's lock.</summary>
    internal int Users { get; set; }

    /// <summary>What is known about making it durable, shared with every other registration of the file.</summary>
    internal SyncState Sync { get; }

    /// <summary>Whether the file had a name when it was registered and has none any more.</summary>
    internal bool IsDeleted()
    {
        statx status;
        return Facts is { IsRegular: true, Status.stx_nlink: > 0 }
            && Libc.statx(Descriptor, "", Fcntl.AT_EMPTY_PATH, statx.STATX_NLINK, &status) == 0 && status.stx_nlink == 0;
    }

    /// <summary>The flags in effect, in the words of path mode.</summary>
    internal string DescribeFlags()
    {
        var words = new List<string> { !Facts.IsWritable ? "ro" : Facts.IsReadable ? "rw" : "wo" };
        (int Flags, string Word)[] known =
        [
            (Fcntl.O_DIRECT, "direct"), (Fcntl.O_SYNC, "sync"), (Fcntl.O_NOATIME, "noatime"),
        ];
        words.AddRange(known.Where(flag => (Facts.Flags & flag.Flags) == flag.Flags).Select(static flag => flag.Word));
        return string.Join(',', words);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lease.Dispose();
        _handle.Dispose();
    }
}
