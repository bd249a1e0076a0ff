using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Nixl.Bench.Compare.Sockets;

/// <summary>Addresses in one word: a port of the loopback, or a path.</summary>
internal static class SocketEndpoints
{
    /// <summary>A free port of the loopback, to listen on.</summary>
    internal const string Tcp = "tcp";

    private const int LimitMs = 60_000;

    /// <summary>Where to listen.</summary>
    /// <param name="address"><see cref="Tcp"/>, or a path.</param>
    internal static EndPoint ToListen(string address) => address == Tcp ? new IPEndPoint(IPAddress.Loopback, 0) : new UnixDomainSocketEndPoint(address);

    /// <summary>In one word.</summary>
    internal static string Format(EndPoint endpoint) => endpoint is IPEndPoint ip ? ip.Port.ToString(CultureInfo.InvariantCulture) : endpoint.ToString()!;

    /// <summary>Connects to what <see cref="Format"/> wrote.</summary>
    internal static Socket Connect(string address, int? bufferBytes)
    {
        EndPoint endpoint = int.TryParse(address, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? new IPEndPoint(IPAddress.Loopback, port) : new UnixDomainSocketEndPoint(address);
        var socket = Create(endpoint.AddressFamily, bufferBytes);
        try
        {
            socket.Connect(endpoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A stream socket with the settings that both sides have.</summary>
    internal static Socket Create(AddressFamily family, int? bufferBytes)
    {
        var socket = new Socket(family, SocketType.Stream, family == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        Set(socket, bufferBytes);
        return socket;
    }

    /// <summary>Sets a socket's options.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="bufferBytes">SO_SNDBUF and SO_RCVBUF; null leaves them to the kernel, which enlarges those of TCP as it sees fit.</param>
    internal static void Set(Socket socket, int? bufferBytes)
    {
        socket.SendTimeout = socket.ReceiveTimeout = LimitMs;
        if (socket.AddressFamily != AddressFamily.Unix)
        {
            socket.NoDelay = true;
        }

        if (bufferBytes is { } bytes)
        {
            socket.SendBufferSize = socket.ReceiveBufferSize = bytes;
        }
    }
}
