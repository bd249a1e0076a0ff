using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Nixl.Tests.Discovery.Servers;

/// <summary>Something on Redis's port that answers whatever comes with the same bytes.</summary>
internal sealed class ScriptedRedis : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[] _answer;
    private readonly bool _closes;

    /// <param name="answer">What it says.</param>
    /// <param name="closes">Whether it closes the connection then.</param>
    internal ScriptedRedis(string answer, bool closes)
    {
        (_answer, _closes) = (Encoding.Latin1.GetBytes(answer), closes);
        _listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    internal string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public void Dispose() => _listener.Stop();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _ = Task.Run(() => AnswerAsync(client));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var buffer = new byte[1 << 16];
                while (await client.GetStream().ReadAsync(buffer) > 0)
                {
                    await client.GetStream().WriteAsync(_answer);
                    if (_closes)
                    {
                        return;
                    }
                }
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // The other side left.
            }
        }
    }
}
