using System.Globalization;
using System.Net.Http.Json;
using FluentAssertions;

namespace Nixl.Tests.Discovery.Servers;

/// <summary>A member of etcd on free ports of the loopback interface.</summary>
internal sealed class EtcdServer : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly string _folder = Directory.CreateTempSubdirectory("nixl-etcd-").FullName;
    private readonly string[] _arguments;
    private ServerProcess? _process;

    private EtcdServer(int clientPort, int peerPort, string name, string cluster, string[] more)
    {
        var peers = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{peerPort}");
        Endpoint = string.Create(CultureInfo.InvariantCulture, $"{(more.Contains("--cert-file") ? "https" : "http")}://127.0.0.1:{clientPort}");
        _arguments =
        [
            "--name", name, "--data-dir", Path.Combine(_folder, "data"), "--listen-client-urls", Endpoint, "--advertise-client-urls", Endpoint,
            "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", cluster.Length == 0 ? $"{name}={peers}" : cluster,
            "--initial-cluster-state", "new", "--heartbeat-interval", "50", "--election-timeout", "500", "--logger", "zap", .. more,
        ];
    }

    internal string Endpoint { get; }

    internal static void Require()
    {
        ServerProcess.Require("etcd", "etcd-server");
        ServerProcess.Require("etcdctl", "etcd-client");
    }

    /// <summary>One member, which answers when this returns.</summary>
    internal static EtcdServer Start(params string[] more)
    {
        Require();
        var server = new EtcdServer(ServerProcess.FreePort(), ServerProcess.FreePort(), "only", "", more);
        server.StartAgain();
        if (!more.Contains("--cert-file"))
        {
            server.WaitUntilHealthy();
        }

        return server;
    }

    /// <summary>Three members of one cluster, which answers when this returns.</summary>
    internal static EtcdServer[] StartCluster()
    {
        Require();
        int[] clients = [ServerProcess.FreePort(), ServerProcess.FreePort(), ServerProcess.FreePort()];
        int[] peers = [ServerProcess.FreePort(), ServerProcess.FreePort(), ServerProcess.FreePort()];
        var cluster = string.Join(',', peers.Select(static (port, i) => string.Create(CultureInfo.InvariantCulture, $"m{i}=http://127.0.0.1:{port}")));
        var members = clients.Select((client, i) => new EtcdServer(client, peers[i], $"m{i}", cluster, [])).ToArray();
        foreach (var member in members)
        {
            member.StartAgain();
        }

        foreach (var member in members)
        {
            member.WaitUntilHealthy();
        }

        return members;
    }

    internal void StartAgain() => _process = ServerProcess.Start(Path.Combine(_folder, "log"), "etcd", _arguments);

    internal void Signal(string signal) => _process!.Signal(signal);

    /// <summary>Kills it; what it has stored stays.</summary>
    internal void Kill()
    {
        _process?.Dispose();
        _process = null;
    }

    /// <summary>Forgets everything that it has stored.</summary>
    internal void Wipe() => Directory.Delete(Path.Combine(_folder, "data"), recursive: true);

    internal void WaitUntilHealthy()
        => SpinWait.SpinUntil(IsHealthy, Limit).Should().BeTrue("etcd starts: {0}", File.ReadAllText(Path.Combine(_folder, "log")));

    /// <summary>What etcd's own tool says, which shares nothing with what is tested.</summary>
    internal string Control(params string[] arguments) => ServerProcess.Run("etcdctl", ["--endpoints", Endpoint, .. arguments]);

    /// <summary>All keys with a prefix, as etcd's own tool sees them.</summary>
    internal string[] Keys(string prefix) => Control("get", prefix, "--prefix", "--keys-only").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public void Dispose()
    {
        Kill();
        Directory.Delete(_folder, recursive: true);
    }

    private bool IsHealthy()
    {
        try
        {
            using var answer = Http.PostAsJsonAsync($"{Endpoint}/v3/kv/range", new { key = "AA==" }).GetAwaiter().GetResult();
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
