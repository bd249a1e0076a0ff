using System.Diagnostics;
using System.Globalization;
using FluentAssertions;
using Nixl.Tests.Cli;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Hosts;

/// <summary>Agents on hosts of their own, which are network namespaces: cut off from etcd and not from each other, an etcd that begins anew, and no IPv4.</summary>
[Platform(Include = "Linux", Reason = "Network namespaces are Linux's.")]
public sealed class HostTests
{
    private const string Anchors = "/nixl/agents//";
    private const string Presences = "/nixl/agents.net//";

    [TestCase(1)]
    [TestCase(5, Category = "Soak")]
    public async Task AHostThatIsCutOffFromEtcd_FailsNoTransfer_AndAnEtcdThatBeginsAnewHasTheKeysAgain(int leaseSeconds)
    {
        var lease = TimeSpan.FromSeconds(leaseSeconds);
        using var network = HostNetwork.Start(3);
        var members = HostEtcd.Start([.. Enumerable.Range(1, 3).Select(host => (network.Launcher(host), HostNetwork.ControlAddress(host)))]);
        var agents = new List<HostAgentProcess>();
        try
        {
            // Each asks the member of its own host first, as a real one would.
            agents.AddRange(Enumerable.Range(1, 3).Select(host => HostAgentProcess.Start(
                network.Launcher(host),
                string.Create(CultureInfo.InvariantCulture, $"host-{host}"),
                $"{HostNetwork.DataAddress(host)}:0",
                lease,
                string.Join(';', members[host - 1].Endpoint, members[host % 3].Endpoint, members[(host + 1) % 3].Endpoint),
                "ucx_devices=data")));
            agents.ForEach(static agent => StoreWorld.Until(() => agent.Status() is { Loaded.Length: 2, Heard.Length: 2 }, "all know each other, and their heartbeats arrive"));
            agents[0].Read(agents[1]);
            agents[0].Read(agents[2]);

            await RunCutOffAsync(network, members, agents, lease);
            RunNewEtcd(members, agents);

            agents.ForEach(static agent => agent.End());
            members[0].Keys(Anchors).Should().BeEmpty("everybody took back what was published");
        }
        finally
        {
            agents.ForEach(static agent => agent.Dispose());
            Array.ForEach(members, static member => member.Dispose());
        }
    }

    [Test]
    public async Task AHostWithoutIPv4_HasItsListenerItsEtcdAndItsTransfersOnIPv6()
    {
        const string Address = "fd00:81::1";
        using var network = HostNetwork.StartIPv6Only(Address);
        var launcher = network.Launcher(1);
        var members = HostEtcd.Start((launcher, Address));
        try
        {
            using var first = HostAgentProcess.Start(launcher, "first", $"[{Address}]:0", TimeSpan.FromSeconds(2), members[0].Endpoint, "ucx_devices=data");
            using var second = HostAgentProcess.Start(launcher, "second", $"[{Address}]:0", TimeSpan.FromSeconds(2), members[0].Endpoint, "ucx_devices=data");
            StoreWorld.Until(() => first.Status() is { Loaded.Length: 1, Heard.Length: 1 }, "they find each other, and heartbeats arrive");

            first.Read(second);
            StoreWorld.Until(() => first.Status() is { Good: > 10 }, "bytes move");

            var list = await CliProgram.RunAsync(["peer", "list"], launcher, ("NIXL_ETCD_ENDPOINTS", members[0].Endpoint));
            list.Output.Should().MatchRegex($@"first\s+Present\s+\d+\s+\[{Address}\]:\d+").And.MatchRegex($@"second\s+Present\s+\d+\s+\[{Address}\]:\d+", list.Error);
            first.Status().Should().Match<HostAgentStatus>(static status => status.Failed == 0);
            second.End();
            StoreWorld.Until(() => first.Status() is { Loaded.Length: 0 }, "who ends is gone");
        }
        finally
        {
            Array.ForEach(members, static member => member.Dispose());
        }
    }

    private static async Task RunCutOffAsync(HostNetwork network, HostEtcd[] members, List<HostAgentProcess> agents, TimeSpan lease)
    {
        network.CutControl(1);
        var start = Stopwatch.GetTimestamp();
        var before = agents[0].Status().Good;
        StoreWorld.Until(() => agents[1].Status().States["host-1"] == "Suspect" && agents[2].Status().States["host-1"] == "Suspect", "its lease is over");
        StoreWorld.Until(() => agents[0].Status().Reasons.Length > 0, "it knows that its store is away");
        while (Stopwatch.GetElapsedTime(start) < lease * 3)
        {
            agents[0].Status().Failed.Should().Be(0, "{0}", agents[0].Status().FirstFailure);
            await Task.Delay(100);
        }

        agents[0].Status().Good.Should().BeGreaterThan(before, "it transfers all the time");
        agents.ForEach(static agent => agent.Status().Loaded.Should().HaveCount(2, "{0} has lost nobody", agent.Name));
        members[1].Keys($"{Anchors}host-1/").Should().HaveCount(2, "upstream's watchers are told nothing");

        network.HealControl(1);
        agents.ForEach(static agent => StoreWorld.Until(() => agent.Status() is { Reasons.Length: 0 } status && status.States.Values.All(static state => state == "Present"), "all is well"));
        RequireNoFailure(agents);
    }

    private static void RunNewEtcd(HostEtcd[] members, List<HostAgentProcess> agents)
    {
        Array.ForEach(members, static member => member.Kill());
        Array.ForEach(members, static member => member.Wipe());
        var before = agents[0].Status().Good;
        agents.ForEach(static agent => StoreWorld.Until(() => agent.Status().Reasons.Length > 0, "everybody knows that the store is away"));
        Array.ForEach(members, static member => member.StartAgain());
        Array.ForEach(members, static member => member.WaitUntilHealthy());
        var start = Stopwatch.GetTimestamp();
        StoreWorld.Until(() => members[0].Keys(Anchors).Length == 6 && members[0].Keys(Presences).Length == 3, "everybody publishes again by itself");
        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the keys were back {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s after etcd was"));
        agents.ForEach(static agent => StoreWorld.Until(() => agent.Status() is { Reasons.Length: 0, Loaded.Length: 2 }, "all is well again"));
        agents[0].Status().Good.Should().BeGreaterThan(before, "it transferred meanwhile");
        RequireNoFailure(agents);
    }

    private static void RequireNoFailure(List<HostAgentProcess> agents)
        => agents.ForEach(static agent => agent.Status().Failed.Should().Be(0, "{0}", agent.Status().FirstFailure));
}
