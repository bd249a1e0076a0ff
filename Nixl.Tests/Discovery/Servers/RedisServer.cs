using System.Globalization;
using System.Net.Sockets;
using System.Text;
using FluentAssertions;

namespace Nixl.Tests.Discovery.Servers;

/// <summary>A Redis on a free port of the loopback interface that keeps nothing on disk, tells no keyspace events and has no CONFIG.</summary>
internal sealed class RedisServer : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("nixl-redis-").FullName;
    private readonly int _port = ServerProcess.FreePort();
    private readonly string[] _arguments;
    private ServerProcess? _process;

    private RedisServer(string[] more) => _arguments =
    [
        more.Contains("--tls-cert-file") ? "--tls-port" : "--port", _port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _folder,
        "--save", "", "--appendonly", "no", "--rename-command", "CONFIG", "", "--notify-keyspace-events", "", .. more,
        .. more.Contains("--tls-cert-file") ? ["--port", "0"] : Array.Empty<string>(),
    ];

    internal string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    internal static RedisServer Start(params string[] more)
    {
        ServerProcess.Require("redis-server", "redis-server");
        var server = new RedisServer(more);
        server.StartAgain();
        return server;
    }

    internal void StartAgain()
    {
        _process = ServerProcess.Start(Path.Combine(_folder, "log"), "redis-server", _arguments);
        SpinWait.SpinUntil(Answers, Limit).Should().BeTrue("redis starts: {0}", File.ReadAllText(Path.Combine(_folder, "log")));
    }

    internal void Kill()
    {
        _process?.Dispose();
        _process = null;
    }

    /// <summary>What the server answers to a line, as a terminal would show it.</summary>
    internal string Say(params string[] lines)
    {
        using var client = new TcpClient("127.0.0.1", _port) { ReceiveTimeout = (int)Limit.TotalMilliseconds };
        var stream = client.GetStream();
        var answer = "";
        var buffer = new byte[1 << 16];
        foreach (var line in lines)
        {
            stream.Write(Encoding.UTF8.GetBytes(line + "\r\n"));
            answer = Encoding.UTF8.GetString(buffer, 0, stream.Read(buffer));
        }

        return answer;
    }

    public void Dispose()
    {
        Kill();
        Directory.Delete(_folder, recursive: true);
    }

    private bool Answers()
    {
        try
        {
            if (_arguments.Contains("--tls-port"))
            {
                using var _ = new TcpClient("127.0.0.1", _port); // whoever asks for more needs a certificate
                return true;
            }

            return Say("PING").Length > 0;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
