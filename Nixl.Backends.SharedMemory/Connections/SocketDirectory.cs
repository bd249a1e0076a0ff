using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>The folder in which the sockets of one user's agents lie: the user's own, closed to others.</summary>
internal sealed unsafe class SocketDirectory
{
    private const string Prefix = "nixl-";
    private const string Suffix = ".sock";

    // A socket under this name is bound but does not listen yet: it is renamed when it does, so that nobody takes it for a stale one meanwhile.
    private const string NewSuffix = ".new";

    private const int ForOthers = 0b000_111_111;
    private const int WritableForOthers = 0b000_010_010;
    private const uint FolderForUser = 0b111_000_000;
    private const uint FolderForAll = 0b111_001_001;
    private const uint SocketForAll = 0b110_110_110;

    private static readonly TimeSpan NewLimit = TimeSpan.FromMinutes(1);

    private readonly bool _isShared;

    private SocketDirectory(string path, bool isShared)
    {
        Path = path;
        _isShared = isShared;
    }

    internal string Path { get; }

    /// <summary>Finds or makes the folder and checks that it is safe.</summary>
    /// <param name="requested">What the user asked for, or empty.</param>
    /// <param name="isShared">Whether agents of other users are to reach it.</param>
    /// <param name="fault">Why there is none.</param>
    internal static SocketDirectory? Open(string requested, bool isShared, out BackendFault fault)
    {
        fault = default;
        var candidates = requested.Length > 0 ? [requested] : Defaults();
        foreach (var candidate in candidates)
        {
            if (TryPrepare(candidate, isShared, out fault))
            {
                return new SocketDirectory(candidate, isShared);
            }
        }

        return null;
    }

    /// <summary>Opens a listening socket under a name that nobody has.</summary>
    internal ControlSocket? Listen(out string path, out BackendFault fault)
    {
        fault = default;
        path = System.IO.Path.Combine(Path, $"{Prefix}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}{Suffix}");
        var bound = System.IO.Path.ChangeExtension(path, NewSuffix);
        if (Encoding.UTF8.GetByteCount(path) >= sockaddr_un.PathBytes)
        {
            fault = BackendFault.Because(
                $"The path {path} is longer than the {sockaddr_un.PathBytes - 1} bytes that a Unix socket can have.", "Choose a shorter socket_directory.");
            return null;
        }

        var socket = ControlSocket.Listen(bound, out var errno);
        if (socket is null)
        {
            fault = new BackendFault(errno, -1, $"No socket can be opened in {Path}.", "Check that the folder may be written to, and the limit of open files.");
            return null;
        }

        // Who connects is checked by the credentials that the kernel gives, so the file may be open to all where other users take part.
        if ((_isShared && Libc.chmod(bound, SocketForAll) != 0) || Libc.rename(bound, path) != 0)
        {
            fault = new BackendFault(Marshal.GetLastPInvokeError(), -1, $"The socket {path} cannot be set up.");
            socket.Dispose();
            Remove(bound);
            return null;
        }

        return socket;
    }

    /// <summary>Removes sockets at which nobody listens any more: their agents were killed.</summary>
    /// <returns>How many.</returns>
    internal int RemoveStale()
    {
        var removed = 0;
        try
        {
            foreach (var file in new DirectoryInfo(Path).EnumerateFiles($"{Prefix}*"))
            {
                var isNew = file.Extension == NewSuffix;
                if ((file.Extension == Suffix || (isNew && file.LastWriteTimeUtc < DateTime.UtcNow - NewLimit)) && IsStale(file.FullName))
                {
                    Remove(file.FullName);
                    removed++;
                }
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return removed; // another agent tidies up at the same time
        }

        return removed;
    }

    /// <summary>Whether there is a socket of this user at the path itself, not behind a link, and nobody listens at it.</summary>
    internal static bool IsStale(string path)
    {
        // The kernel refuses a connection to a file that is no socket in the same way.
        statx about;
        if (Libc.statx(LibcConstants.AT_FDCWD, path, LibcConstants.AT_SYMLINK_NOFOLLOW, LibcConstants.STATX_BASIC_STATS, &about) != 0
            || (about.stx_mode & LibcConstants.S_IFMT) != LibcConstants.S_IFSOCK || about.stx_uid != Libc.geteuid())
        {
            return false;
        }

        using var probe = ControlSocket.Connect(path, out var errno);
        return probe is null && errno == Errno.ECONNREFUSED;
    }

    /// <summary>Removes a socket's file; one that is gone or cannot be removed is left.</summary>
    internal static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Nothing depends on it: a stale socket is recognised.
        }
    }

    /// <summary>The user's folder for what lives as long as a session, else the system's, else one in the folder for temporary files.</summary>
    private static IEnumerable<string> Defaults()
    {
        if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime)
        {
            yield return System.IO.Path.Combine(runtime, "nixl");
        }

        var user = Libc.geteuid();
        if (user == 0)
        {
            yield return "/run/nixl";
        }

        yield return System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"nixl-{user}");
    }

    private static bool TryPrepare(string path, bool isShared, out BackendFault fault)
    {
        fault = default;
        if (!System.IO.Path.IsPathFullyQualified(path))
        {
            fault = BackendFault.Because($"The socket folder {path} is no full path.", "Write socket_directory from the root on.");
            return false;
        }

        // Its mode is checked below in any case; that of one that is made here does not depend on the process's mask.
        if (Libc.mkdir(path, FolderForUser) == 0)
        {
            _ = Libc.chmod(path, isShared ? FolderForAll : FolderForUser);
        }
        else if (Marshal.GetLastPInvokeError() is var errno and not Errno.EEXIST)
        {
            fault = new BackendFault(errno, -1, $"The socket folder {path} cannot be made.", "Set socket_directory to a folder that this user may write to.");
            return false;
        }

        // The folder itself, not what a link leads to: in a folder that all may write to, a link could be anybody's.
        statx about;
        if (Libc.statx(LibcConstants.AT_FDCWD, path, LibcConstants.AT_SYMLINK_NOFOLLOW, LibcConstants.STATX_BASIC_STATS, &about) != 0)
        {
            fault = new BackendFault(Marshal.GetLastPInvokeError(), -1, $"The socket folder {path} cannot be looked at.");
            return false;
        }

        if ((about.stx_mode & LibcConstants.S_IFMT) != LibcConstants.S_IFDIR || about.stx_uid != Libc.geteuid())
        {
            fault = BackendFault.Because($"The socket folder {path} is no folder of this user.", "Set socket_directory to a folder that belongs to it.");
            return false;
        }

        if ((about.stx_mode & (isShared ? WritableForOthers : ForOthers)) != 0)
        {
            fault = BackendFault.Because(
                $"Others may use the socket folder {path}.", isShared ? $"chmod go-w {path}" : $"chmod 700 {path}, or set socket_directory.");
            return false;
        }

        return true;
    }
}
