using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Nixl.Bench.Coordination;

/// <summary>The address where ranks meet.</summary>
internal static class MeetingPoint
{
    private static readonly TimeSpan Attempt = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>From <c>host:port</c>, <c>[v6]:port</c>.</summary>
    /// <exception cref="BenchmarkException">It is no address, or the name is not known.</exception>
    internal static async Task<IPEndPoint> ResolveAsync(string address, CancellationToken cancellation)
    {
        var colon = address.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            throw new BenchmarkException($"'{address}' is no host:port.");
        }

        var host = address[..colon];
        try
        {
            return IPAddress.TryParse(host, out var literal)
                ? new IPEndPoint(literal, port)
                : new IPEndPoint((await Dns.GetHostAddressesAsync(host, cancellation)).OrderBy(static one => one.AddressFamily).First(), port);
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException or InvalidOperationException)
        {
            throw new BenchmarkException($"'{host}' is not known here: {failure.Message}");
        }
    }

    /// <summary>How the process that listens reaches itself.</summary>
    internal static IPEndPoint Reachable(IPEndPoint at)
        => at.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, at.Port)
            : at.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, at.Port)
            : at;

    /// <summary>Connects; rank 0 may start later than the others.</summary>
    /// <exception cref="BenchmarkException">Nobody listened there in time.</exception>
    internal static async Task<Socket> ConnectAsync(IPEndPoint at, RendezvousSettings settings, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(Attempt);
            string why;
            try
            {
                await socket.ConnectAsync(at, limit.Token);
                return socket;
            }
            catch (Exception failure) when (failure is SocketException || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                socket.Dispose();
                why = failure is SocketException ? failure.Message : "no answer";
            }

            if (Stopwatch.GetElapsedTime(start) >= settings.Limit)
            {
                throw new BenchmarkException(string.Create(
                    CultureInfo.InvariantCulture, $"{settings.HubName} of {settings.Count} was not to be found at {at} within {settings.Limit.TotalSeconds:0.##} s: {why}"));
            }

            await Task.Delay(Pause, cancellation);
        }
    }
}
