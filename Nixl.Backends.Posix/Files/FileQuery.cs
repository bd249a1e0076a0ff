using System.Globalization;
using System.Runtime.InteropServices;
using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix.Files;

/// <summary>Looks at files by path without opening them for use: NIXL's <c>queryMem</c>.</summary>
internal static class FileQuery
{
    // A look takes microseconds on a local disk and a round trip on a network file system: parallel for the latter's sake.
    private const int ParallelMax = 32;

    internal static async Task<IReadOnlyList<MemoryAnswer>> RunAsync(
        MemoryType type, IReadOnlyList<RegistrationDescriptor> descriptors, FilePolicy policy, CancellationToken cancellationToken)
    {
        var answers = new MemoryAnswer[descriptors.Count];
        if (type != MemoryType.File)
        {
            Array.Fill(answers, new MemoryAnswer(
                NixlStatus.NotSupported, null, BackendFault.Because($"The POSIX backend tells nothing about {type} memory.", "Ask it about files.")));
            return answers;
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = ParallelMax, CancellationToken = cancellationToken };
        await Task.Run(() => Parallel.For(0, answers.Length, options, i => answers[i] = Look(descriptors[i].MetaInfo.Span, policy)), cancellationToken).ConfigureAwait(false);
        return answers;
    }

    private static MemoryAnswer Look(ReadOnlySpan<byte> metaInfo, FilePolicy policy)
    {
        // Upstream asks with a plain path; a path mode names the same file.
        var mode = PathMode.Parse(metaInfo, out var problem);
        var path = mode?.Path ?? (problem is null ? PathMode.ReadPath(metaInfo, out problem) : null);
        if (path is null)
        {
            return new MemoryAnswer(NixlStatus.InvalidParam, null, BackendFault.Because($"In the meta info, {problem}.", "Name the file by its path."));
        }

        if (!policy.TryRelate(path, out var related))
        {
            return Outside(path, policy);
        }

        var error = Read(related, policy, out var status, out var deviceBytes);
        return error switch
        {
            0 => new MemoryAnswer(NixlStatus.Success, Properties(status, deviceBytes)),
            Errno.ENOENT or Errno.ENOTDIR => new MemoryAnswer(NixlStatus.Success, null),
            Errno.EXDEV when policy.Root is not null => Outside(path, policy),
            Errno.ELOOP when !policy.AllowSymlinks => new MemoryAnswer(
                NixlStatus.NotAllowed, null, new BackendFault(error, -1, $"{path} contains a symbolic link.", "Name the file itself, or set allow_symlinks=true.")),
            _ => new MemoryAnswer(PosixStatus.OfErrno(error), null, new BackendFault(error, -1, $"{path} could not be looked at.", "Check the path and the modes of its directories.")),
        };
    }

    private static MemoryAnswer Outside(string path, FilePolicy policy) => new(
        NixlStatus.NotAllowed, null, BackendFault.Because($"{path} lies outside the root {policy.Root}.", "Name a path below the root, or change the parameter root."));

    private static unsafe int Read(string path, FilePolicy policy, out statx status, out ulong deviceBytes)
    {
        deviceBytes = 0;
        statx found = default;
        status = default;
        var descriptor = -1;
        if (policy.IsRestricted && (descriptor = FileOpener.OpenRestricted(policy, path, Fcntl.O_PATH | Fcntl.O_CLOEXEC, out var error)) < 0)
        {
            return error;
        }

        try
        {
            var failed = policy.IsRestricted
                ? Libc.statx(descriptor, "", Fcntl.AT_EMPTY_PATH, statx.STATX_BASIC_STATS, &found) < 0
                : Libc.statx(Fcntl.AT_FDCWD, path, 0, statx.STATX_BASIC_STATS, &found) < 0;
            error = failed ? Marshal.GetLastPInvokeError() : 0;
            status = found;
            if (error == 0 && (found.stx_mode & Libc.S_IFMT) == Libc.S_IFBLK)
            {
                deviceBytes = DeviceBytes(policy.IsRestricted ? $"/proc/self/fd/{descriptor}" : path);
            }

            return error;
        }
        finally
        {
            _ = descriptor < 0 ? 0 : Libc.close(descriptor);
        }
    }

    /// <summary>The size of a block device, which only an open one tells; 0 when it may not be opened.</summary>
    private static unsafe ulong DeviceBytes(string path)
    {
        var descriptor = Fcntl.open(path, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK | Fcntl.O_CLOEXEC, 0);
        ulong bytes = 0;
        if (descriptor >= 0)
        {
            _ = Libc.ioctl(descriptor, Libc.BLKGETSIZE64, &bytes);
            _ = Libc.close(descriptor);
        }

        return bytes;
    }

    private static Dictionary<string, string> Properties(in statx status, ulong deviceBytes) => new(StringComparer.Ordinal)
    {
        ["size"] = (deviceBytes > 0 ? deviceBytes : status.stx_size).ToString(CultureInfo.InvariantCulture),
        ["mode"] = status.stx_mode.ToString(CultureInfo.InvariantCulture),
        ["mtime"] = status.stx_mtime.tv_sec.ToString(CultureInfo.InvariantCulture),
    };
}
