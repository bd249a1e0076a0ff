using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using Nixl.Backends;
using Nixl.Backends.Ucx;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

public sealed class UcxConfigurationTests
{
    private static readonly string[] Later = ["MAX_HCA_PER_GPU", "RNDV_PIPELINE_ERROR_HANDLING", "ADDRESS_VERSION", "MAX_COMPONENT_MDS"];

    [TestCase("num_workers", "0", NixlStatus.InvalidParam)]
    [TestCase("num_workers", "65", NixlStatus.InvalidParam)]
    [TestCase("num_workers", "many", NixlStatus.InvalidParam)]
    [TestCase("num_threads", "-1", NixlStatus.InvalidParam)]
    [TestCase("num_threads", "65", NixlStatus.InvalidParam)]
    [TestCase("split_batch_size", "0", NixlStatus.InvalidParam)]
    [TestCase("ucx_ep_close_force", "perhaps", NixlStatus.InvalidParam)]
    [TestCase("port_range", "20000", NixlStatus.InvalidParam)]
    [TestCase("port_range", "20000-19999", NixlStatus.InvalidParam)]
    [TestCase("port_range", "0-70000", NixlStatus.InvalidParam)]
    [TestCase("ucx_error_handling_mode", "sometimes", NixlStatus.InvalidParam)]
    [TestCase("allowed_networks", "10.0.0.0/8,10.1.2.3/40", NixlStatus.InvalidParam)]
    [TestCase("allowed_networks", "everywhere", NixlStatus.InvalidParam)]
    [TestCase("engine_config", "TLS", NixlStatus.InvalidParam)]
    [TestCase("no_such_parameter", "1", NixlStatus.InvalidParam)]
    public void Parameter_ThatIsWrong_IsNamed(string name, string value, NixlStatus expected)
    {
        Read([(name, value)], [], out _, out var status, out var fault).Should().BeFalse();

        status.Should().Be(expected);
        $"{fault.Detail} {fault.Hint}".Should().Contain(name);
    }

    [TestCase("1", "0", 1, 0)]
    [TestCase("4", "0", 4, 0)]
    [TestCase("1", "3", 1, 3)]
    [TestCase("5", "3", 2, 3)]
    public void Workers_AreCountedAsUpstreamDoes(string workers, string threads, int shared, int dedicated)
    {
        Read([("num_workers", workers), ("num_threads", threads)], [], out var options, out _, out _).Should().BeTrue();

        (options!.SharedWorkers, options.Threads).Should().Be((shared, dedicated));
    }

    [TestCase(null, null, true)]
    [TestCase("tcp", null, true)]
    [TestCase("posix,cma,self", null, false)]
    [TestCase("sm,self", null, false)]
    [TestCase("sm,tcp", null, true)]
    [TestCase("^tcp", null, true)]
    [TestCase(null, "shm", false)]
    [TestCase("tcp", "shm", true)]
    public void ErrorHandling_FollowsTheTransports(string? parameter, string? environment, bool peer)
    {
        (string, string)[] parameters = parameter is null ? [] : [("UCX_TLS", parameter)];
        (string, string)[] variables = environment is null ? [] : [("UCX_TLS", environment)];

        Read(parameters, variables, out var options, out _, out _).Should().BeTrue();

        options!.PeerErrors.Should().Be(peer);
    }

    [Test]
    public void Settings_OfTheUserReplaceThoseOfNixl()
    {
        Read([("engine_config", "RC_FENCE=auto, TCP_TX_SEG_SIZE=8k")], [("UCX_RNDV_THRESH", "1k")], out var options, out _, out _).Should().BeTrue();

        options!.Describe().Should().Be("MAX_RMA_RAILS=2 (nixl),IB_PCI_RELAXED_ORDERING=try (nixl),RC_FENCE=auto (parameter),TCP_TX_SEG_SIZE=8k (parameter)");
    }

    [TestCase(13, "TX_SEG_SIZE=64k", "PORT_RANGE=20000-20009")]
    [TestCase(16, "TX_SEG_SIZE=64k", "PORT_RANGE=20000-20009")]
    [TestCase(17, "TCP_TX_SEG_SIZE=64k", "TCP_PORT_RANGE=20000-20009")]
    public void Settings_OfTcp_HaveTheNameByWhichTheReleaseAppliesThem(int minor, string own, string users)
    {
        Read([("port_range", "20000-20009")], [], out var options, out _, out _).Should().BeTrue();

        options!.ForRelease(new Version(1, minor, 1), false, static _ => null).Describe().Split(',').Should().Contain($"{own} (nixl)").And.Contain($"{users} (parameter)");
    }

    [TestCase(13, false, "")]
    [TestCase(20, false, "")]
    [TestCase(21, false, "MAX_HCA_PER_GPU=auto")]
    [TestCase(22, false, "MAX_HCA_PER_GPU=auto,RNDV_PIPELINE_ERROR_HANDLING=y")]
    [TestCase(13, true, "ADDRESS_VERSION=v2")]
    [TestCase(19, true, "ADDRESS_VERSION=v2,MAX_COMPONENT_MDS=32")]
    [TestCase(22, true, "MAX_HCA_PER_GPU=auto,RNDV_PIPELINE_ERROR_HANDLING=y,ADDRESS_VERSION=v2,MAX_COMPONENT_MDS=32")]
    public void Settings_OfReleaseAndMachine_AreThoseOfNixl_UnlessTheUserHasThem(int minor, bool hasEfa, string expected)
    {
        var release = new Version(1, minor, 0);
        Read([], [], out var options, out _, out _).Should().BeTrue();
        More(options!.ForRelease(release, hasEfa, static _ => null)).Should().Be(expected);

        More(options.ForRelease(release, hasEfa, static _ => "set")).Should().BeEmpty("the environment wins");
        Read([.. Later.Select(static name => ($"UCX_{name}", "own"))], [], out options, out _, out _).Should().BeTrue();
        options!.ForRelease(release, hasEfa, static _ => null).Settings.Where(static setting => Later.Contains(setting.Key))
            .Should().HaveCount(Later.Length).And.OnlyContain(static setting => setting.Value == "own");

        static string More(UcxConfiguration configuration) => string.Join(',', configuration.Settings
            .Where(static setting => Later.Contains(setting.Key)).Select(static setting => $"{setting.Key}={setting.Value}"));
    }

    [TestCase("0x1d0f", "0xefa2", true)]
    [TestCase("0x1d0f", "0xec20", false)]
    [TestCase("0x15b3", "0x1017", false)]
    [TestCase("", "", false)]
    public void AdaptersOfAmazon_AreToldByTheirNumbers(string vendor, string device, bool expected)
    {
        var folder = Directory.CreateTempSubdirectory("nixl-adapters").FullName;
        try
        {
            EfaDevices.ExistIn(Path.Combine(folder, "none")).Should().BeFalse();
            var adapter = Directory.CreateDirectory(Path.Combine(folder, "rdmap0s6", "device")).FullName;
            if (vendor.Length > 0)
            {
                File.WriteAllText(Path.Combine(adapter, "vendor"), $"{vendor}\n");
                File.WriteAllText(Path.Combine(adapter, "device"), $"{device}\n");
            }

            EfaDevices.ExistIn(folder).Should().Be(expected);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase("10.1.2.3", "", false)]
    [TestCase("10.1.2.3", "10.0.0.0/8", true)]
    [TestCase("10.1.2.3", "192.168.0.0/16, 10.1.2.0/24", true)]
    [TestCase("10.1.2.3", "10.1.3.0/24", false)]
    [TestCase("127.0.0.1", "", true)]
    [TestCase("::1", "", true)]
    [TestCase("fd00::7", "10.0.0.0/8,fd00::/8", true)]
    [TestCase("fe80::7", "fd00::/8", false)]
    public void ListeningOpenly_IsMeantInTheNamedNetworks(string address, string networks, bool isMeant)
    {
        Read([("allowed_networks", networks)], [], out var options, out _, out _).Should().BeTrue();

        options!.MayListenOn(System.Net.IPAddress.Parse(address)).Should().Be(isMeant);
    }

    [Test]
    public void Devices_BecomeASetting()
    {
        Read([("device_list", "lo, mlx5_0 mlx5_1:2")], [], out var options, out _, out _).Should().BeTrue();

        options!.Settings.Should().Contain(setting => setting.Key == "NET_DEVICES" && setting.Value == "lo,mlx5_0:1,mlx5_1:2");
    }

    [TestCase("UCX_NO_SUCH_SETTING", "1")]
    [TestCase("engine_config", "NO_SUCH_SETTING=1")]
    [TestCase("UCX_RNDV_THRESH", "nonsense")]
    public void Setting_ThatLibucpRefuses_IsNamed(string name, string value)
    {
        using var engine = new UcxEngine();

        Initialize(engine, out var fault, (name, value), ("UCX_TLS", "tcp")).Should().Be(NixlStatus.InvalidParam);

        fault.Detail.Should().ContainAny("NO_SUCH_SETTING", "RNDV_THRESH");
    }

    [Test]
    public void OtherLibrary_ThanTheLoadedOne_IsRefused()
    {
        using var loaded = new UcxEngine();
        Initialize(loaded, out _, ("UCX_TLS", "tcp")).Should().Be(NixlStatus.Success);
        using var engine = new UcxEngine();

        Initialize(engine, out var fault, ("NIXL_UCP_LIBRARY", "/nowhere/libucp.so")).Should().Be(NixlStatus.BackendError);

        fault.Detail.Should().Contain("/nowhere/libucp.so");
    }

    private static bool Read(
        (string Key, string Value)[] parameters,
        (string Key, string Value)[] environment,
        out UcxConfiguration? options,
        out NixlStatus status,
        out BackendFault fault)
        => UcxConfiguration.TryRead(
            new BackendParameters(parameters.Select(pair => KeyValuePair.Create(pair.Key, pair.Value))),
            name => environment.FirstOrDefault(pair => pair.Key == name).Value,
            out options,
            out status,
            out fault);

    private static NixlStatus Initialize(UcxEngine engine, out BackendFault fault, params (string Key, string Value)[] parameters) => engine.Initialize(
        new BackendContext
        {
            AgentName = "agent",
            Parameters = new BackendParameters(parameters.Select(pair => KeyValuePair.Create(pair.Key, pair.Value))),
            Logger = NullLogger.Instance,
        },
        out fault);
}
