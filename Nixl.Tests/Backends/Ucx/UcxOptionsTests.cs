using System.Net;
using System.Net.NetworkInformation;
using FluentAssertions;
using Nixl.Backends;
using Nixl.Backends.Ucx;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>The typed form of the parameters.</summary>
public sealed class UcxOptionsTests
{
    [Test]
    public void Options_ThatWereNotSet_BecomeNoParameters() => new UcxOptions().ToParameters().Should().BeEmpty();

    [Test]
    public void EveryOption_IsTheParameterThatTheEngineReads()
    {
        var options = new UcxOptions
        {
            Devices = { "lo", "mlx5_0:2" },
            Transports = { "tcp", "self" },
            FirstPort = 20_000,
            LastPort = 20_009,
            AllowedNetworks = { IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8") },
            ErrorHandling = UcxErrorHandling.None,
            Workers = 5,
            Threads = 3,
            SplitBatchSize = 16,
            ForceClose = true,
            LibraryPath = "/opt/libucp.so.0",
            Settings = { ["RC_FENCE"] = "auto", ["UCX_MAX_RMA_RAILS"] = "1" },
        };

        var parameters = new BackendParameters(options.ToParameters().Select(static pair => KeyValuePair.Create(pair.Name, pair.Value)));
        UcxConfiguration.TryRead(parameters, static _ => null, out var read, out _, out var fault).Should().BeTrue(fault.Detail);

        (read!.PeerErrors, read.ForceClose, read.SharedWorkers, read.Threads, read.SplitBatchSize).Should().Be((false, true, 2, 3, 16));
        read.AllowedNetworks.Should().Equal(options.AllowedNetworks);
        read.Settings.Select(static setting => $"{setting.Key}={setting.Value}").Should().Contain(
            ["NET_DEVICES=lo,mlx5_0:2", "TLS=tcp,self", "TCP_PORT_RANGE=20000-20009", "RC_FENCE=auto", "MAX_RMA_RAILS=1"]);
        parameters.GetString("NIXL_UCP_LIBRARY").Should().Be("/opt/libucp.so.0");
    }

    private static IEnumerable<TestCaseData> Impossible()
    {
        yield return new TestCaseData(new UcxOptions { Workers = 0 }, "Workers");
        yield return new TestCaseData(new UcxOptions { Workers = 65 }, "Workers");
        yield return new TestCaseData(new UcxOptions { Threads = -1 }, "Threads");
        yield return new TestCaseData(new UcxOptions { SplitBatchSize = 0 }, "SplitBatchSize");
        yield return new TestCaseData(new UcxOptions { FirstPort = 20_000 }, "LastPort");
        yield return new TestCaseData(new UcxOptions { LastPort = 20_000 }, "FirstPort");
        yield return new TestCaseData(new UcxOptions { FirstPort = 2, LastPort = 1 }, "FirstPort");
        yield return new TestCaseData(new UcxOptions { FirstPort = 1, LastPort = 65_536 }, "LastPort");
        yield return new TestCaseData(new UcxOptions { Devices = { "lo,eth0" } }, "Devices");
        yield return new TestCaseData(new UcxOptions { Transports = { "" } }, "Transports");
        yield return new TestCaseData(new UcxOptions { ErrorHandling = (UcxErrorHandling)9 }, "ErrorHandling");
        yield return new TestCaseData(new UcxOptions { Settings = { ["UCX_"] = "1" } }, "Settings");
        yield return new TestCaseData(new UcxOptions { Transports = { "tcp" }, Settings = { ["TLS"] = "rc" } }, "Settings");
    }

    [TestCaseSource(nameof(Impossible))]
    public void Option_ThatIsImpossible_IsNamed(UcxOptions options, string property)
        => options.Invoking(static given => given.ToParameters()).Should().Throw<ArgumentException>().Which.Message.Should().Contain(property);

    [Test]
    public void AllowedNetworks_SilenceTheWarningOfAnOpenPort_AndOnlyThere()
    {
        var open = NetworkInterface.GetAllNetworkInterfaces()
            .Where(static device => device is { OperationalStatus: OperationalStatus.Up, NetworkInterfaceType: not NetworkInterfaceType.Loopback })
            .Select(static device => (device.Name, Address: device.GetIPProperties().UnicastAddresses.Select(static unicast => unicast.Address)
                .FirstOrDefault(static address => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)))
            .FirstOrDefault(static device => device.Address is not null);
        if (open.Address is null)
        {
            Assert.Ignore("This machine has no network device but the loopback.");
        }

        WarningsWith(open.Name).Should().ContainSingle().Which.Should().Contain(open.Address!.ToString()).And.Contain("allowed_networks");
        WarningsWith(open.Name, new IPNetwork(open.Address, 32)).Should().BeEmpty();
        WarningsWith(open.Name, IPNetwork.Parse("203.0.113.0/24")).Should().ContainSingle();
    }

    private static List<string> WarningsWith(string device, params IPNetwork[] networks)
    {
        var log = new EventLog();
        var options = new UcxOptions { Devices = { device }, Transports = { "tcp" }, AllowedNetworks = [.. networks] };
        using var engine = new UcxEngine();
        UcxPeer.Succeed(
            engine.Initialize(
                new BackendContext
                {
                    AgentName = "open",
                    Parameters = new BackendParameters(options.ToParameters().Select(static pair => KeyValuePair.Create(pair.Name, pair.Value))),
                    Logger = log,
                },
                out var fault),
            fault);
        return [.. log.Events.Where(static entry => entry.Id == 2017).Select(static entry => entry.Text)];
    }
}
