using System.Globalization;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Hosts;

/// <summary>Hosts as network namespaces, each on two networks: one for data and heartbeats, one for the control plane. A namespace lives as long as the process that
/// holds it, which ends with this object and with the test process.</summary>
internal sealed class HostNetwork : IDisposable
{
    private const string Hold = "mount -t sysfs sysfs /sys && exec sleep infinity";

    private readonly string _folder = Directory.CreateTempSubdirectory("nixl-hosts-").FullName;
    private readonly List<ServerProcess> _holders = [];

    /// <summary>How many hosts there are.</summary>
    internal int Count => _holders.Count - 1;

    /// <summary>Hosts on two IPv4 networks, joined by switches in a namespace of their own.</summary>
    internal static HostNetwork Start(int hosts)
    {
        var network = new HostNetwork();
        network.Build(() =>
        {
            network.AddHolder();
            network.Script(0, "ip link set lo up; ip link add data type bridge; ip link add control type bridge; ip link set data up; ip link set control up");
            for (var host = 1; host <= hosts; host++)
            {
                var id = network.AddHolder();
                network.Script(0, string.Join("; ", new[] { "data", "control" }.Select(name => string.Create(
                    CultureInfo.InvariantCulture,
                    $"ip link add {name}{host} type veth peer name {name} netns {id} && ip link set {name}{host} master {name} && ip link set {name}{host} up || exit 1"))));
                network.Script(host, string.Create(
                    CultureInfo.InvariantCulture,
                    $"ip link set lo up && ip addr add {DataAddress(host)}/24 dev data && ip addr add {ControlAddress(host)}/24 dev control && ip link set data up && ip link set control up"));
            }
        });
        return network;
    }

    /// <summary>One host that has no IPv4 at all, not even for itself.</summary>
    internal static HostNetwork StartIPv6Only(string address)
    {
        var network = new HostNetwork();
        network.Build(() =>
        {
            network.AddHolder();
            network.AddHolder();
            network.Script(1, "ip link set lo up && ip addr del 127.0.0.1/8 dev lo && ip link add data type veth peer name other && ip link set other up "
                + $"&& ip addr add {address}/64 dev data nodad && ip link set data up && test -z \"$(ip -4 addr show)\"");
        });
        return network;
    }

    internal static string DataAddress(int host) => string.Create(CultureInfo.InvariantCulture, $"10.81.1.{host}");

    internal static string ControlAddress(int host) => string.Create(CultureInfo.InvariantCulture, $"10.81.2.{host}");

    /// <summary>What starts a program on a host, numbered from 1: it becomes the program.</summary>
    internal string[] Launcher(int host) => ["nsenter", "-t", _holders[host].Id.ToString(CultureInfo.InvariantCulture), "--net", "--mount"];

    /// <summary>Takes a host's cable out of the control network: nothing passes, and nobody is told.</summary>
    internal void CutControl(int host) => Script(0, string.Create(CultureInfo.InvariantCulture, $"ip link set control{host} down"));

    internal void HealControl(int host) => Script(0, string.Create(CultureInfo.InvariantCulture, $"ip link set control{host} up"));

    public void Dispose()
    {
        _holders.ForEach(static holder => holder.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    private void Build(Action build)
    {
        try
        {
            Require();
            build();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private static void Require()
    {
        ServerProcess.Require("ip", "iproute2");
        ServerProcess.Require("nsenter", "util-linux");
        ServerProcess.Require("etcd", "etcd-server");
        ServerProcess.Require("etcdctl", "etcd-client");
        if (!Environment.IsPrivilegedProcess || !ServerProcess.Succeeds("unshare", "--net", "--mount", "sh", "-c", "mount -t sysfs sysfs /sys && ip link add one type veth peer name two && ip link add bridge type bridge"))
        {
            Assert.Ignore("Hosts as network namespaces take root, and a kernel that lets it unshare networks and add devices to them.");
        }
    }

    private int AddHolder()
    {
        var holder = ServerProcess.Start(Path.Combine(_folder, "log"), "unshare", "--net", "--mount", "sh", "-c", Hold);
        _holders.Add(holder);
        StoreWorld.Until(() => IsHeld(holder.Id), "the namespace is there");
        return holder.Id;
    }

    /// <summary>Whether the process has left this one's network and become the one that waits.</summary>
    private static bool IsHeld(int id)
        => new FileInfo($"/proc/{id}/ns/net").LinkTarget is { } own && own != new FileInfo("/proc/self/ns/net").LinkTarget
            && File.ReadAllText($"/proc/{id}/cmdline").StartsWith("sleep", StringComparison.Ordinal);

    private void Script(int host, string script) => ServerProcess.Run("nsenter", [.. Launcher(host)[1..], "sh", "-c", script]);
}
