using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>Finds out where libucp listens: it opens a socket for each network device and tells nobody.</summary>
internal static unsafe class ListeningSockets
{
    // So many free numbers after the lowest one are more than others close while a worker is created.
    private const int FreeMax = 64;
    private const int AddressBytesMax = 128; // sockaddr_storage

    // Families of Linux, and where the addresses are in their structs.
    private const ushort Inet = 2;
    private const ushort Inet6 = 10;
    private const int PortAt = 2;
    private const int InetAt = 4;
    private const int Inet6At = 8;
    private const int Inet6Bytes = 16;

    /// <summary>The listening sockets whose port one of the workers' addresses holds, opened since <paramref name="first"/> was the lowest free number: the kernel hands out
    /// that one first, so they lie close above it.</summary>
    /// <remarks>Asks for each number, which takes a third of a microsecond; to list them takes a hundred times as long. Where others close and open some at the same time,
    /// one can come to lie below: when nothing is found all are asked for, also where libucp does not listen at all.</remarks>
    internal static IReadOnlyList<IPEndPoint> Since(int first, IReadOnlyList<byte[]> addresses)
    {
        var found = new List<IPEndPoint>();
        var free = 0;
        for (var descriptor = first; free < FreeMax; descriptor++)
        {
            free += AddNamed(descriptor, addresses, found, byPlace: false) ? 0 : 1;
        }

        for (var descriptor = found.Count > 0 ? 0 : DescriptorUse.Room - 1; descriptor >= 0; descriptor--)
        {
            _ = AddNamed(descriptor, addresses, found, byPlace: true); // among all of the process, two bytes are found by accident now and then
        }

        return found;
    }

    /// <summary>Adds the listening socket that has this number, if its port is named. False where nothing has it.</summary>
    private static bool AddNamed(int descriptor, IReadOnlyList<byte[]> addresses, List<IPEndPoint> found, bool byPlace)
    {
        int listens;
        uint length = sizeof(int);
        if (Libc.getsockopt(descriptor, Libc.SOL_SOCKET, Libc.SO_ACCEPTCONN, &listens, &length) != 0)
        {
            return Marshal.GetLastPInvokeError() != Libc.EBADF;
        }

        if (listens != 0 && Read(descriptor) is { } socket && IsNamed(socket, addresses, byPlace))
        {
            found.Add(socket);
        }

        return true;
    }

    /// <summary>Whether an address holds the port and, if that is asked for, the place: loopbacks have none in it.</summary>
    private static bool IsNamed(IPEndPoint socket, IReadOnlyList<byte[]> addresses, bool byPlace)
    {
        Span<byte> port = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(port, (ushort)socket.Port);
        var place = byPlace && !IPAddress.IsLoopback(socket.Address) ? socket.Address.GetAddressBytes() : [];
        foreach (var address in addresses)
        {
            if (address.AsSpan().IndexOf(port) >= 0 && address.AsSpan().IndexOf(place) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    private static IPEndPoint? Read(int socket)
    {
        var bytes = stackalloc byte[AddressBytesMax];
        uint length = AddressBytesMax;
        if (Libc.getsockname(socket, bytes, &length) != 0)
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
