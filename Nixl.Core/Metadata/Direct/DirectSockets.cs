using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Nixl.Metadata;

/// <summary>Makes the sockets of the direct metadata exchange and turns their errors into exceptions that say what to do.</summary>
internal static class DirectSockets
{
    // A peer whose host vanished never closes; probes after a minute of silence free its place within two.
    private const int KeepAliveSeconds = 60;
    private const int KeepAliveIntervalSeconds = 10;
    private const int KeepAliveProbes = 6;
    private const int Backlog = 128;

    /// <summary>A listening socket.</summary>
    /// <exception cref="NixlException">The endpoint cannot be listened on; a port in use is <see cref="NixlStatus.NotAllowed"/>.</exception>
    internal static Socket Listen(IPEndPoint endpoint, bool dualMode)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (endpoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = dualMode;
            }

            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw ListenFailed(endpoint, e);
        }
    }

    /// <summary>A connected socket.</summary>
    /// <exception cref="SocketException">The connection was refused or the endpoint not reached.</exception>
    internal static async Task<Socket> ConnectAsync(EndPoint endpoint, CancellationToken cancel)
    {
        var socket = endpoint is IPEndPoint ip
            ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint, cancel).ConfigureAwait(false);
            Configure(socket);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sets what every connection needs: requests leave at once, and a vanished peer is noticed.</summary>
    internal static void Configure(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
    }

    /// <summary>The endpoint as people write it: <c>host:port</c>.</summary>
    internal static string Describe(EndPoint endpoint) => endpoint is DnsEndPoint dns
        ? string.Create(CultureInfo.InvariantCulture, $"{dns.Host}:{dns.Port}")
        : endpoint.ToString() ?? "";

    private static NixlException ListenFailed(IPEndPoint endpoint, SocketException e)
    {
        var (status, detail, hint) = e.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => (
                NixlStatus.NotAllowed,
                $"Port {endpoint.Port} is in use by another listener.",
                "Give each agent of a host a port of its own, or port 0 and publish the port that was bound."),
            SocketError.AccessDenied => (
                NixlStatus.NotAllowed,
                $"This process may not listen on port {endpoint.Port}.",
                "Choose a port of 1024 or above."),
            SocketError.AddressNotAvailable => (
                NixlStatus.BackendError,
                $"This host has no address {endpoint.Address}, needed for port {endpoint.Port}.",
                "Listen on an address of this host, or on 0.0.0.0 or [::] for all of them."),
            _ => (NixlStatus.BackendError, $"Port {endpoint.Port} cannot be listened on.", "The native error says why."),
        };
        return new NixlException(status, "Listen", detail)
        {
            NativeCode = e.NativeErrorCode,
            NativeMessage = $"{e.SocketErrorCode} on {endpoint}",
            Hint = hint,
        };
    }
}
