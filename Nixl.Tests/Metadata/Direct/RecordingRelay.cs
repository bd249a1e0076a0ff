using System.Net;
using System.Net.Sockets;

namespace Nixl.Tests.Metadata.Direct;

/// <summary>Passes one connection on, and keeps what the client said.</summary>
internal sealed class RecordingRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TcpClient _far = new();
    private TcpClient? _near;

    internal RecordingRelay(IPEndPoint target, List<byte[]> heard)
    {
        _listener.Start();
        _ = Task.Run(() => RelayAsync(target, heard));
    }

    internal IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    public void Dispose()
    {
        _listener.Stop();
        _near?.Dispose();
        _far.Dispose();
    }

    private async Task RelayAsync(IPEndPoint target, List<byte[]> heard)
    {
        try
        {
            _near = await _listener.AcceptTcpClientAsync();
            await _far.ConnectAsync(target);
            var back = _far.GetStream().CopyToAsync(_near.GetStream());
            var buffer = new byte[1 << 16];
            for (int read; (read = await _near.GetStream().ReadAsync(buffer)) > 0;)
            {
                heard.Add(buffer[..read]);
                await _far.GetStream().WriteAsync(buffer.AsMemory(0, read));
            }

            await back;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }
}
