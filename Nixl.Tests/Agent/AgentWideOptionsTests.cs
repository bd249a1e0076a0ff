using FluentAssertions;
using Microsoft.Extensions.Logging;
using Nixl.Agent;
using Nixl.Backends;
using Nixl.Tests.Memory;
using Nixl.Tests.Routing;
using NUnit.Framework;

namespace Nixl.Tests.Agent;

/// <summary>Options for all backends: each gets them under the name that it states.</summary>
public sealed class AgentWideOptionsTests
{
    private static readonly BackendMetadata Storage = new() { ThreadsParameter = "thread_count", PathsParameter = "roots" };
    private static readonly BackendMetadata Network = new() { ThreadsParameter = "num_threads", NetworkDevicesParameter = "device_list" };

    [Test]
    public void EachBackend_IsToldUnderItsOwnNames()
    {
        var devices = new DeviceList(["eth0", "/mnt/a", "cuda:1", "mlx5_0", "/dev/nvme0n1", "dram"]);

        devices.AddTo(new Dictionary<string, string> { ["mine"] = "1" }, Storage, 4).Should().Equal(
            new Dictionary<string, string> { ["mine"] = "1", ["thread_count"] = "4", ["roots"] = "/mnt/a:/dev/nvme0n1" });
        devices.AddTo(new Dictionary<string, string>(), Network, null).Should().Equal(new Dictionary<string, string> { ["device_list"] = "eth0,mlx5_0" });
        devices.AddTo(new Dictionary<string, string>(), new BackendMetadata(), 4).Should().BeEmpty();
    }

    [Test]
    public void WhatTheUserSetForABackend_Stays()
        => new DeviceList(["eth0"]).AddTo(new Dictionary<string, string> { ["device_list"] = "lo", ["num_threads"] = "1" }, Network, 4)
            .Should().Equal(new Dictionary<string, string> { ["device_list"] = "lo", ["num_threads"] = "1" });

    [Test]
    public void OnlyListedGpus_AreRegistered_AndAllWhereNoneIsListed()
    {
        new DeviceList(["GPU:0", "cuda:3"]).AllowsGpu(3).Should().BeTrue();
        new DeviceList(["GPU:0", "cuda:3"]).AllowsGpu(1).Should().BeFalse();
        new DeviceList(["eth0"]).AllowsGpu(1).Should().BeTrue();
        var options = new NixlAgentOptions { Devices = ["cuda:3"] };
        options.Backends.Add<NearEngine>();
        using var agent = new NixlAgent("gpus", options);

        var refusal = agent.Invoking(one => one.Register(new DescriptorList(MemoryType.Vram, [(4096, 10, 3), (4096, 10, 1)]))).Should().Throw<NixlException>().Which;

        (refusal.Status, refusal.DescriptorIndex).Should().Be((NixlStatus.NotAllowed, 1));
        refusal.Hint.Should().Contain("cuda:3");
    }

    [Test]
    public void WrongValues_AreRefused([Values("", " ", "a,b", "cuda:", "gpu:x")] string device)
        => FluentActions.Invoking(() => new NixlAgent("wrong", new NixlAgentOptions { Devices = [device], CreateDefaultBackends = false }))
            .Should().Throw<ArgumentException>();

    [Test]
    public void WhatReachesNoBackend_IsWarnedAbout()
    {
        var log = new RecordingLogger();
        var options = new NixlAgentOptions { Devices = ["eth7", "/mnt/a", "cuda:0"], NumThreads = 3, LoggerFactory = new OneLoggerFactory(log) };
        options.Backends.Add<NearEngine>();

        using var agent = new NixlAgent("unused", options);

        log.Entries.Where(static entry => entry.Level == LogLevel.Warning).Select(static entry => entry.Text).Should().SatisfyRespectively(
            static devices => devices.Should().Contain("eth7, /mnt/a"),
            static threads => threads.Should().Contain("NumThreads is 3").And.Contain("NEAR"));
    }

    [Test]
    public void Options_AreSeenInTheBackendsParameters()
    {
        var options = new NixlAgentOptions { Devices = ["eth0"], NumThreads = 2 };
        options.Backends.Add<TellingEngine>();

        using var agent = new NixlAgent("told", options);

        agent.Backends.Single().Parameters.Should().Contain("threads", "2").And.Contain("nics", "eth0");
    }

    [ExportBackend("TOLD", MemoryTypes.Dram, SupportsLocal = true, ThreadsParameter = "threads", NetworkDevicesParameter = "nics", Description = "For a test.")]
    private sealed class TellingEngine() : CopyEngine(BackendLocality.Network, rank: 0);
}
