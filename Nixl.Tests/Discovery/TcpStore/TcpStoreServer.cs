using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Nixl.Tests.Discovery.TcpStore;

/// <summary>A server of PyTorch's TCPStore protocol, written from its description alone; drops who gets what is not there, as the real one does.</summary>
internal sealed class TcpStoreServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    internal TcpStoreServer()
    {
        _listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    internal ConcurrentDictionary<string, byte[]> Values { get; } = [];

    /// <summary>Everything that the first client said.</summary>
    internal List<byte> Heard { get; } = [];

    internal string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public void Dispose() => _listener.Stop();

    private async Task AcceptAsync()
    {
        try
        {
            for (var isFirst = true; ; isFirst = false)
            {
                var client = await _listener.AcceptTcpClientAsync();
                var hears = isFirst;
                _ = Task.Run(() => Serve(client, hears));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private void Serve(TcpClient client, bool hears)
    {
        using (client)
        {
            var stream = client.GetStream();
            try
            {
                if (Take(stream, 1, hears)[0] != 0 || BitConverter.ToUInt32(Take(stream, 4, hears)) != 0x3C85F7CE)
                {
                    return;
                }

                while (Answer(stream, Take(stream, 1, hears)[0], hears))
                {
                    // The next request.
                }
            }
            catch (IOException)
            {
                // The client left.
            }
        }
    }

    private bool Answer(NetworkStream stream, byte word, bool hears)
    {
        switch (word)
        {
            case 0x0d:
                stream.Write(Take(stream, 4, hears));
                return true;
            case 0x01:
                Values[TakeText(stream, hears)] = TakeBytes(stream, hears);
                return true;
            case 0x05:
                Take(stream, 8, hears);
                stream.WriteByte(Values.ContainsKey(TakeText(stream, hears)) ? (byte)0 : (byte)1);
                return true;
            case 0x03:
                if (!Values.TryGetValue(TakeText(stream, hears), out var value))
                {
                    return false;
                }

                stream.Write([.. BitConverter.GetBytes((ulong)value.Length), .. value]);
                return true;
            case 0x08:
                stream.Write(BitConverter.GetBytes(Values.TryRemove(TakeText(stream, hears), out _) ? 1L : 0L));
                return true;
            default:
                return false;
        }
    }

    private string TakeText(NetworkStream stream, bool hears) => Encoding.UTF8.GetString(TakeBytes(stream, hears));

    private byte[] TakeBytes(NetworkStream stream, bool hears) => Take(stream, (int)BitConverter.ToUInt64(Take(stream, 8, hears)), hears);

    private byte[] Take(NetworkStream stream, int count, bool hears)
    {
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        if (hears)
        {
            lock (Heard)
            {
                Heard.AddRange(bytes);
            }
        }

        return bytes;
    }
}
