using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Net;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>Finds out where libucp listens: it opens a socket for each network device and tells nobody.</summary>
internal static unsafe class ListeningSockets
{
    private const string Folder = "/proc/self/fd";
    private const string StatusFile = "/proc/self/status";
    private const int StatusBytesMax = 4096; // twice what the kernel writes
    private const int AddressBytesMax = 128; // sockaddr_storage

    // Families of Linux, and where the addresses are in their structs.
    private const ushort Inet = 2;
    private const ushort Inet6 = 10;
    private const int PortAt = 2;
    private const int InetAt = 4;
    private const int Inet6At = 8;
    private const int Inet6Bytes = 16;

    private static ReadOnlySpan<byte> RoomField => "\nFDSize:"u8; // proc_pid_status(5)

    /// <summary>The open descriptors of this process.</summary>
    internal static HashSet<int> OpenDescriptors()
    {
        var open = new HashSet<int>();
        try
        {
            foreach (var entry in new DirectoryInfo(Folder).EnumerateFileSystemInfos())
            {
                if (int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor))
                {
                    open.Add(descriptor);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return open; // closed while it was listed, or no /proc: less is reported, nothing fails
        }

        return open;
    }

    /// <summary>The listening sockets of this process, by descriptor. Asks for each number that a descriptor can have, which takes a tenth of a microsecond; listing them takes
    /// a hundred times as long.</summary>
    internal static Dictionary<int, IPEndPoint> Open()
    {
        var open = new Dictionary<int, IPEndPoint>();
        for (var descriptor = DescriptorsMax() - 1; descriptor >= 0; descriptor--)
        {
            if (Read(descriptor) is { } socket)
            {
                open.Add(descriptor, socket);
            }
        }

        return open;
    }

    /// <summary>The listening sockets that were not open before and whose port one of the workers' addresses holds: others may open some at the same time.</summary>
    internal static IReadOnlyList<IPEndPoint> Since(IReadOnlyDictionary<int, IPEndPoint> before, IReadOnlyList<byte[]> addresses)
    {
        var found = new List<IPEndPoint>();
        var port = new byte[sizeof(ushort)];
        foreach (var (descriptor, socket) in Open())
        {
            BinaryPrimitives.WriteUInt16BigEndian(port, (ushort)socket.Port);
            var isNew = !before.TryGetValue(descriptor, out var earlier) || !earlier.Equals(socket);
            if (isNew && addresses.Any(address => address.AsSpan().IndexOf(port) >= 0))
            {
                found.Add(socket);
            }
        }

        return found;
    }

    /// <summary>One more than the highest number of a descriptor can be: how many the kernel has made room for. 0 where it does not say: less is reported, nothing fails.</summary>
    /// <remarks>Read in one go: a stream with lines takes several times as long as libucp takes to listen.</remarks>
    private static int DescriptorsMax()
    {
        try
        {
            using var file = File.OpenHandle(StatusFile, share: FileShare.ReadWrite);
            Span<byte> text = stackalloc byte[StatusBytesMax];
            text = text[..RandomAccess.Read(file, text, 0)];
            var at = text.IndexOf(RoomField);
            return at >= 0 && Utf8Parser.TryParse(text[(at + RoomField.Length)..].TrimStart("\t "u8), out int count, out _) ? count : 0;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private static IPEndPoint? Read(int descriptor)
    {
        int listens;
        uint length = sizeof(int);
        if (Libc.getsockopt(descriptor, Libc.SOL_SOCKET, Libc.SO_ACCEPTCONN, &listens, &length) != 0 || listens == 0)
        {
            return null;
        }

        var bytes = stackalloc byte[AddressBytesMax];
        length = AddressBytesMax;
        if (Libc.getsockname(descriptor, bytes, &length) != 0)
        {
            return null;
        }

        var port = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(bytes + PortAt, sizeof(ushort)));
        return *(ushort*)bytes switch
        {
            Inet => new IPEndPoint(new IPAddress(new ReadOnlySpan<byte>(bytes + InetAt, sizeof(uint))), port),
            Inet6 => new IPEndPoint(new IPAddress(new ReadOnlySpan<byte>(bytes + Inet6At, Inet6Bytes)), port),
            _ => null,
        };
    }
}
