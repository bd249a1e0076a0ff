using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Nixl.Metadata;

/// <summary>Opens connections to listeners: encrypted, and with both sides' proofs, where the agent's options say so.</summary>
internal sealed class DirectConnector(DirectSecurity security)
{
    /// <summary>A connection on which frames may be sent.</summary>
    /// <exception cref="SocketException">The listener was not reached.</exception>
    /// <exception cref="IOException">It closed the connection instead of proving anything.</exception>
    /// <exception cref="AuthenticationException">One side's proof was refused.</exception>
    internal async Task<DirectChannel> ConnectAsync(EndPoint endpoint, CancellationToken cancel)
    {
        var socket = await DirectSockets.ConnectAsync(endpoint, cancel).ConfigureAwait(false);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            string? proof = null;
            if (security.UsesTls)
            {
                (stream, proof) = await security.SecureClientAsync(stream, cancel).ConfigureAwait(false);
            }

            if (security.Key is { } key)
            {
                await KeyProof.GiveAsync(stream, key, cancel).ConfigureAwait(false);
                proof ??= DirectSecurity.KeyVoucher;
            }

            return new DirectChannel(socket, stream) { Proof = proof };
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
