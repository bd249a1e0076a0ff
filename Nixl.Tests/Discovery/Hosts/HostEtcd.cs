using System.Globalization;
using Nixl.Tests.Discovery.Servers;

namespace Nixl.Tests.Discovery.Hosts;

/// <summary>One member of an etcd cluster on a host.</summary>
internal sealed class HostEtcd : IDisposable
{
    private const int ClientPort = 2379;
    private const int PeerPort = 2380;

    private readonly string _folder = Directory.CreateTempSubdirectory("nixl-etcd-").FullName;
    private readonly string[] _launcher;
    private readonly string[] _arguments;
    private ServerProcess? _process;

    private HostEtcd(string[] launcher, string name, string address, string cluster)
    {
        _launcher = launcher;
        Endpoint = Url(address, ClientPort);
        var peers = Url(address, PeerPort);
        _arguments =
        [
            "etcd", "--name", name, "--data-dir", Path.Combine(_folder, "data"), "--listen-client-urls", Endpoint, "--advertise-client-urls", Endpoint,
            "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", cluster, "--initial-cluster-state", "new",
            "--heartbeat-interval", "50", "--election-timeout", "500", "--logger", "zap",
        ];
    }

    internal string Endpoint { get; }

    /// <summary>A cluster with one member per host, which answers when this returns.</summary>
    internal static HostEtcd[] Start(params (string[] Launcher, string Address)[] hosts)
    {
        var cluster = string.Join(',', hosts.Select(static (host, i) => string.Create(CultureInfo.InvariantCulture, $"m{i}={Url(host.Address, PeerPort)}")));
        var members = hosts.Select((host, i) => new HostEtcd(host.Launcher, string.Create(CultureInfo.InvariantCulture, $"m{i}"), host.Address, cluster)).ToArray();
        Array.ForEach(members, static member => member.StartAgain());
        Array.ForEach(members, static member => member.WaitUntilHealthy());
        return members;
    }

    internal void StartAgain() => _process = ServerProcess.Start(Path.Combine(_folder, "log"), _launcher[0], [.. _launcher[1..], .. _arguments]);

    internal void WaitUntilHealthy()
        => StoreWorld.Until(() => ServerProcess.Succeeds(_launcher[0], [.. _launcher[1..], "etcdctl", "--endpoints", Endpoint, "--command-timeout", "2s", "get", "x"]), "etcd answers");

    internal void Kill()
    {
        _process?.Dispose();
        _process = null;
    }

    /// <summary>Forgets everything that it has stored.</summary>
    internal void Wipe() => Directory.Delete(Path.Combine(_folder, "data"), recursive: true);

    /// <summary>All keys with a prefix, as etcd's own tool sees them from this host.</summary>
    internal string[] Keys(string prefix) => ServerProcess.Run(
        _launcher[0], [.. _launcher[1..], "etcdctl", "--endpoints", Endpoint, "get", prefix, "--prefix", "--keys-only"]).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public void Dispose()
    {
        Kill();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Url(string address, int port)
        => string.Create(CultureInfo.InvariantCulture, $"http://{(address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address)}:{port}");
}
