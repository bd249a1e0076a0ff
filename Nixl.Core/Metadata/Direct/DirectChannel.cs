using System.Net.Sockets;

namespace Nixl.Metadata;

/// <summary>One connection of the direct exchange: the socket, and the stream that its bytes go through.</summary>
internal sealed class DirectChannel(Socket socket, Stream stream) : IDisposable
{
    private const int KeepAliveProbes = 3;

    internal Socket Socket => socket;

    /// <summary>Reads and writes; closing it closes the socket.</summary>
    internal Stream Stream => stream;

    /// <summary>Who the other side has proved to be: the key's or the certificate's identity; null for nobody.</summary>
    internal string? Proof { get; init; }

    /// <summary>Has the system notice a host that vanished within a few intervals, whole seconds at least.</summary>
    internal void KeepAlive(TimeSpan interval)
    {
        var seconds = Math.Max((int)Math.Ceiling(interval.TotalSeconds), 1);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, seconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
    }

    public void Dispose() => stream.Dispose();
}
