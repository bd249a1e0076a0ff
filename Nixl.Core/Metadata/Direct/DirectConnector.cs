using System.Net;
using System.Net.Sockets;

namespace Nixl.Metadata;

/// <summary>Opens connections to listeners.</summary>
internal sealed class DirectConnector
{
    /// <summary>A connection on which frames may be sent.</summary>
    /// <exception cref="SocketException">The listener was not reached.</exception>
#pragma warning disable CA1822 // what it proves to whom comes with the listener's security
    internal async Task<DirectChannel> ConnectAsync(EndPoint endpoint, CancellationToken cancel)
    {
        var socket = await DirectSockets.ConnectAsync(endpoint, cancel).ConfigureAwait(false);
        return new DirectChannel(socket, new NetworkStream(socket, ownsSocket: true));
    }
}
