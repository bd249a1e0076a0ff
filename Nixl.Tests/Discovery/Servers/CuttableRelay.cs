using System.Net;
using System.Net.Sockets;

namespace Nixl.Tests.Discovery.Servers;

/// <summary>A network between clients and a server that can be cut: nothing passes then, and nobody is told.</summary>
internal sealed class CuttableRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _target;
    private volatile TaskCompletionSource _passes = new();

    internal CuttableRelay(IPEndPoint target)
    {
        _target = target;
        _passes.SetResult();
        _listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    internal string Endpoint => $"http://{_listener.LocalEndpoint}";

    internal void Cut() => _passes = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void Heal() => _passes.TrySetResult();

    public void Dispose()
    {
        _stop.Cancel();
        Heal();
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptTcpClientAsync();
                _ = Task.Run(() => RelayAsync(near));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task RelayAsync(TcpClient near)
    {
        using (near)
        using (var far = new TcpClient())
        {
            try
            {
                await _passes.Task;
                await far.ConnectAsync(_target);
                await Task.WhenAny(PumpAsync(near.GetStream(), far.GetStream()), PumpAsync(far.GetStream(), near.GetStream()));
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // One side left.
            }
        }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[1 << 16];
        try
        {
            for (int read; (read = await from.ReadAsync(buffer, _stop.Token)) > 0;)
            {
                await _passes.Task;
                await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side left.
        }
    }
}
